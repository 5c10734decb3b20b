"""developing_of_user: how many of a person's photos are still developing; for their owner alone to know."""

from events.generated import PhotoDeleted, PhotoDeveloped, PhotoRejected, PhotoTaken, PhotoTakenDown
from projections.tally.tally import Begin, Change, End, tally


@tally(keyed_by="entity", listed=False)
def developing_of_user(
    event: PhotoTaken | PhotoDeveloped | PhotoRejected | PhotoDeleted | PhotoTakenDown,
) -> list[Change]:
    match event:
        case PhotoTaken():
            return [Begin(entity=event.owner_id, member=event.photo_id, beginning=event.photo_id, at=event.occurred_at)]
        case PhotoDeveloped() | PhotoRejected() | PhotoDeleted() | PhotoTakenDown():
            return [End(entity=event.owner_id, member=event.photo_id, beginning=event.photo_id)]
