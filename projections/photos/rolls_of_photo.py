"""rolls_of_photo: the rolls that a photo is in, a row for each placement."""

from dataclasses import dataclass
from uuid import UUID

from events.generated import PhotoAddedToRoll, PhotoRemovedFromRoll
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement of a photo in a roll: the photo is in the roll while it has begun and hasn't ended."""

    photo_id: UUID
    roll_id: UUID
    placement_id: UUID
    begun: bool | None = None
    ended: bool | None = None


PAGE = 500
ROLLS_OF_PHOTO = Table("rolls_of_photo", Placement, partition=1, clustering=2)


@projection(ROLLS_OF_PHOTO)
def rolls_of_photo(event: PhotoAddedToRoll | PhotoRemovedFromRoll) -> list[Upsert]:
    match event:
        case PhotoAddedToRoll():
            key = {"photo_id": event.photo_id, "roll_id": event.roll_id, "placement_id": event.event_id}
            return [ROLLS_OF_PHOTO.upsert(**key, begun=True)]
        case PhotoRemovedFromRoll():
            key = {"photo_id": event.photo_id, "roll_id": event.roll_id, "placement_id": event.placement_id}
            return [ROLLS_OF_PHOTO.upsert(**key, ended=True)]


async def placements(store: Store, photo_id: UUID) -> list[Placement]:
    """The placements of a photo in the rolls that it is in now."""
    return [row async for row in scan(store, ROLLS_OF_PHOTO, photo_id, size=PAGE) if row.begun and not row.ended]
