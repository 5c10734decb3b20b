"""photos_of_user: a person's photos, newest first, developing ones too; a candidate list, hydrated from `photo`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import PhotoDeleted, PhotoTaken, PhotoTakenDown
from projections.buckets import month_of, newest_rows, place_of
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class UserPhoto:
    """A photo of a person. Without its PhotoTaken it has no `on_profile`, and has ended."""

    place: str
    develops_at: datetime
    taken_at: datetime
    photo_id: UUID
    on_profile: bool | None = None
    ended: bool | None = None


@dataclass(frozen=True, slots=True)
class UserMonth:
    """A month in which photos of a person develop."""

    user_id: UUID
    bucket: str


PHOTOS_OF_USER = Table("photos_of_user", UserPhoto, partition=1, clustering=3, descending=True)
PHOTOS_OF_USER_BUCKETS = Table("photos_of_user_buckets", UserMonth, partition=1, clustering=1, descending=True)


@projection(PHOTOS_OF_USER, PHOTOS_OF_USER_BUCKETS)
def photos_of_user(event: PhotoTaken | PhotoDeleted | PhotoTakenDown) -> list[Upsert]:
    month = month_of(event.develops_at)
    key: dict[str, Any] = {
        "place": place_of(event.owner_id, month),
        "develops_at": event.develops_at,
        "taken_at": event.taken_at,
        "photo_id": event.photo_id,
    }
    if isinstance(event, PhotoTaken):
        return [
            PHOTOS_OF_USER.upsert(**key, on_profile=event.on_profile),
            PHOTOS_OF_USER_BUCKETS.upsert(user_id=event.owner_id, bucket=month),
        ]
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
