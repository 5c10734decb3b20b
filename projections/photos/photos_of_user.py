"""photos_of_user: a person's photos, newest first, developing ones too; a candidate list, hydrated from `photo`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import Card, PhotoDeleted, PhotoDeveloped, PhotoRejected, PhotoTaken, PhotoTakenDown
from projections.buckets import month_of, newest_rows, place_of
from projections.photos.card import card_json, card_of
from projections.photos.developing import next_time
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class UserPhoto:
    """A photo of a person. Without its PhotoTaken it has no `on_profile`, and has ended or was rejected.

    A rejected photo hasn't ended: its owner is told why. But it won't develop."""

    place: str
    develops_at: datetime
    taken_at: datetime
    photo_id: UUID
    on_profile: bool | None = None
    ended: bool | None = None
    rejected: bool | None = None
    card_json: str | None = None

    @property
    def card(self) -> Card | None:
        """What never changes of its pictures; None until it has developed."""
        return card_of(self.card_json)


@dataclass(frozen=True, slots=True)
class UserMonth:
    """A month in which photos of a person develop."""

    user_id: UUID
    bucket: str


@dataclass(frozen=True, slots=True)
class UserTime:
    """A time at which photos of a person develop: mostly one a day."""

    user_id: UUID
    develops_at: datetime


PHOTOS_OF_USER = Table("photos_of_user", UserPhoto, partition=1, clustering=3, descending=True)
PHOTOS_OF_USER_BUCKETS = Table("photos_of_user_buckets", UserMonth, partition=1, clustering=1, descending=True)
PHOTOS_OF_USER_TIMES = Table("photos_of_user_times", UserTime, partition=1, clustering=1)


@projection(PHOTOS_OF_USER, PHOTOS_OF_USER_BUCKETS, PHOTOS_OF_USER_TIMES)
def photos_of_user(
    event: PhotoTaken | PhotoRejected | PhotoDeveloped | PhotoDeleted | PhotoTakenDown,
) -> list[Upsert]:
    month = month_of(event.develops_at)
    key: dict[str, Any] = {
        "place": place_of(event.owner_id, month),
        "develops_at": event.develops_at,
        "taken_at": event.taken_at,
        "photo_id": event.photo_id,
    }
    match event:
        case PhotoTaken():
            return [
                PHOTOS_OF_USER.upsert(**key, on_profile=event.on_profile),
                PHOTOS_OF_USER_BUCKETS.upsert(user_id=event.owner_id, bucket=month),
                PHOTOS_OF_USER_TIMES.upsert(user_id=event.owner_id, develops_at=event.develops_at),
            ]
        case PhotoDeveloped():
            # Without a card it was appended before there were any.
            return [] if event.card is None else [PHOTOS_OF_USER.upsert(**key, card_json=card_json(event.card))]
        case PhotoRejected():
            return [PHOTOS_OF_USER.upsert(**key, rejected=True)]
        case PhotoDeleted() | PhotoTakenDown():
            return [PHOTOS_OF_USER.upsert(**key, ended=True)]


async def user_photo_candidates(
    store: Store, user_id: UUID, now: datetime | None, after: tuple[Any, ...] = (), size: int = 50
) -> list[UserPhoto]:
    """The newest `size` of a person's photos, ended ones too, past the key `after`.

    Up to `now`, or all of them if it is None. Fewer than `size` means that there are no more. Two requests
    (`newest_rows`). Raises StoreUnavailable."""
    return await newest_rows(
        store,
        user_id,
        index=PHOTOS_OF_USER_BUCKETS,
        table=PHOTOS_OF_USER,
        after=after,
        upto=() if now is None else (now,),
        bucket_of=month_of,
        size=size,
    )


async def developing_next_of_user(store: Store, user_id: UUID, now: datetime) -> datetime | None:
    """When the next of a person's photos that aren't due yet develops; None if there is none. See `next_time`."""
    return await next_time(
        store,
        user_id,
        now,
        times=PHOTOS_OF_USER_TIMES,
        table=PHOTOS_OF_USER,
        bucket_of=month_of,
        develops=lambda row: not row.ended and not row.rejected,
    )
