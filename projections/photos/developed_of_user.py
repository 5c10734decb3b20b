"""developed_of_user: how many of a person's photos have developed. The developing ones are nobody else's business."""

from events.generated import PhotoDeleted, PhotoDeveloped, PhotoTakenDown
from projections.tally.tally import Begin, Change, End, tally


@tally("photos", keyed_by="entity", listed=False)
def developed_of_user(event: PhotoDeveloped | PhotoDeleted | PhotoTakenDown) -> list[Change]:
    match event:
        case PhotoDeveloped():
            return [Begin(event.owner_id, event.photo_id, event.photo_id, event.occurred_at)]
        case PhotoDeleted() | PhotoTakenDown():
            return [End(event.owner_id, event.photo_id, event.photo_id)]
