"""photo: all that is known of a photo, in one partition: its state, and the rolls that it is in.

The row of NIL, which is no roll, is the photo itself; each other row is a placement of it in a roll. So the states of
many photos and the rolls that they are in are one request. Whether anyone may see a photo is decided when it is read
(visibility.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import (
    Card,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoFiltered,
    PhotoRejected,
    PhotoRemovedFromRoll,
    PhotoTaken,
    PhotoTakenDown,
)
from events.ids import NIL
from projections.photos.card import card_json, card_of
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.scan import rest_of
from projections.store.table import Table, Upsert

PAGE = 500  # rows of a photo that are read at a time: more than all but those that were put in and taken out for ever


@dataclass(frozen=True, slots=True)
class Photo:
    """A row of a photo's partition: the photo itself where `roll_id` is NIL, else a placement (the last two columns).

    `rejected_reason`, `deleted` and `taken_down` are ends of the photo, `unplaced` is that of a placement: they are
    never cleared. The card comes with PhotoDeveloped: before, no row that is shown says where its pictures are."""

    photo_id: UUID
    roll_id: UUID = NIL
    placement_id: UUID = NIL
    owner_id: UUID | None = None
    taken_at: datetime | None = None
    develops_at: datetime | None = None
    on_profile: bool | None = None
    object_key: str | None = None
    etag: str | None = None
    filtered: bool | None = None
    card_json: str | None = None
    developed: bool | None = None
    rejected_reason: str | None = None
    deleted: bool | None = None
    taken_down: bool | None = None
    placed: bool | None = None
    unplaced: bool | None = None

    @property
    def card(self) -> Card | None:
        """What never changes of its pictures; None until it has developed."""
        return card_of(self.card_json)

    @property
    def ended(self) -> bool:
        """Whether it was rejected, deleted or taken down: it will never be a photo to look at."""
        return bool(self.rejected_reason or self.deleted or self.taken_down)

    @property
    def developing(self) -> bool:
        """Not yet developed, and not ended."""
        return not self.developed and not self.ended


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement that holds: the photo was put into the roll, and hasn't been taken out."""

    photo_id: UUID
    roll_id: UUID
    placement_id: UUID


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """What is known of a photo: its own row, None if it was never taken, and the rolls that it is in now, each once.

    `placements`: what it is in these rolls by; in one roll there may be several. `times`: how often it was put into
    rolls, those that it was taken out of again too."""

    photo: Photo | None
    rolls: tuple[UUID, ...]
    placements: tuple[Placement, ...]
    times: int = 0


PHOTO = Table("photo", Photo, partition=1, clustering=2)


@projection(PHOTO)
def photo(
    event: PhotoTaken
    | PhotoFiltered
    | PhotoRejected
    | PhotoDeveloped
    | PhotoDeleted
    | PhotoTakenDown
    | PhotoAddedToRoll
    | PhotoRemovedFromRoll,
) -> list[Upsert]:
    match event:
        case PhotoTaken():
            return [
                itself(
                    event.photo_id,
                    owner_id=event.owner_id,
                    taken_at=event.taken_at,
                    develops_at=event.develops_at,
                    on_profile=event.on_profile,
                    object_key=event.object_key,
                    etag=event.etag,
                )
            ]
        case PhotoFiltered():
            return [itself(event.photo_id, filtered=True)]
        case PhotoRejected():
            return [itself(event.photo_id, rejected_reason=event.reason or event.code)]
        case PhotoDeveloped():
            if event.card is None:  # appended before there were cards
                return [itself(event.photo_id, developed=True)]
            return [itself(event.photo_id, developed=True, card_json=card_json(event.card))]
        case PhotoDeleted():
            return [itself(event.photo_id, deleted=True)]
        case PhotoTakenDown():
            return [itself(event.photo_id, taken_down=True)]
        case PhotoAddedToRoll():
            key = {"photo_id": event.photo_id, "roll_id": event.roll_id, "placement_id": event.event_id}
            return [PHOTO.upsert(**key, placed=True)]
        case PhotoRemovedFromRoll():
            key = {"photo_id": event.photo_id, "roll_id": event.roll_id, "placement_id": event.placement_id}
            return [PHOTO.upsert(**key, unplaced=True)]


def itself(photo_id: UUID, **columns: Any) -> Upsert:
    """New values of a photo's own row."""
    return PHOTO.upsert(photo_id=photo_id, roll_id=NIL, placement_id=NIL, **columns)


async def photo_of(store: Store, photo_id: UUID) -> Photo | None:
    """A photo's own row, without the rolls that it is in; None if there is none. Raises StoreUnavailable."""
    return await store.get(PHOTO, photo_id, NIL, NIL)


async def known_photos(store: Store, ids: Collection[UUID]) -> dict[UUID, KnownPhoto]:
    """What is known of each of some photos, read in one request.

    It is one more for every `PAGE` rows of a photo that has more, for it was put in and taken out so often.

    Raises StoreUnavailable."""
    wanted = list(dict.fromkeys(ids))
    found: list[list[Photo]] = await store.slice_many(PHOTO, [(each,) for each in wanted], limit=PAGE)
    for photo_id, rows in zip(wanted, found, strict=True):
        rows += [row async for row in rest_of(store, PHOTO, photo_id, first=rows, size=PAGE)]
    return {photo_id: known(rows) for photo_id, rows in zip(wanted, found, strict=True)}


def known(rows: Collection[Photo]) -> KnownPhoto:
    """What all rows of a photo's partition say."""
    own = next((row for row in rows if row.roll_id == NIL), None)
    held = tuple(Placement(row.photo_id, row.roll_id, row.placement_id) for row in rows if holds(row))
    rolls = tuple(dict.fromkeys(each.roll_id for each in held))
    return KnownPhoto(own, rolls, held, sum(bool(row.placed) for row in rows))


def holds(row: Photo) -> bool:
    """Whether a row is a placement that was begun and hasn't been ended."""
    return bool(row.placed) and not row.unplaced
