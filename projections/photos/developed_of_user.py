"""developed_of_user: how many of a person's photos have developed. Only their owner sees those still developing."""

from events.generated import PhotoDeleted, PhotoDeveloped, PhotoTakenDown
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="entity", listed=False)
def developed_of_user(event: PhotoDeveloped | PhotoDeleted | PhotoTakenDown) -> list[Change]:
    match event:
        case PhotoDeveloped():
            return [Begin(entity=event.owner_id, member=event.photo_id, beginning=event.photo_id, at=event.occurred_at)]
        case PhotoDeleted() | PhotoTakenDown():
            return [End(entity=event.owner_id, member=event.photo_id, beginning=event.photo_id)]
