"""develop_due: the photos that develop at a moment, a partition for each moment, part and log partition.

Two indexes say what there is: the days of a log partition, and the buckets of a day. A bucket is a moment (nine o'clock
of a zone) and a part of what is due then, by the photo's id, so that no partition grows with the number of people.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from events.generated import (
    Card,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoFiltered,
    PhotoRejected,
    PhotoTaken,
    PhotoTakenDown,
)
from projections.photos.card import card_json, card_of, card_of_filtered
from projections.photos.due import Mark, due_rows
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table, Upsert

PARTS = 8  # of a moment in a log partition: 300,000 photos are 37,500 rows a part. It never changes, nor exceeds 10
DAY = len("2026-06-20")


@dataclass(frozen=True, slots=True)
class DuePhoto:
    """A photo in a bucket (see `bucket_of`): to be developed once it is due and filtered, unless it is done."""

    bucket: str
    shard: int
    photo_id: UUID
    owner_id: UUID | None = None
    taken_at: datetime | None = None
    develops_at: datetime | None = None
    on_profile: bool | None = None
    card_json: str | None = None
    done: bool | None = None

    @property
    def card(self) -> Card | None:
        """What never changes of its pictures; None until it is filtered."""
        return card_of(self.card_json)

    @property
    def ready(self) -> bool:
        """Whether it develops when it is due: it is taken, filtered and not done."""
        return self.owner_id is not None and self.card_json is not None and not self.done


@dataclass(frozen=True, slots=True)
class DueBucket:
    """A bucket of a day in which something is due."""

    shard: int
    day: str
    bucket: str


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day on which something is due."""

    shard: int
    day: str


DEVELOP_DUE = Table("develop_due", DuePhoto, partition=2, clustering=1)
DEVELOP_BUCKETS = Table("develop_due_buckets", DueBucket, partition=2, clustering=1)
DEVELOP_DAYS = Table("develop_due_days", DueDay, partition=1, clustering=1)


@projection(DEVELOP_DUE, DEVELOP_BUCKETS, DEVELOP_DAYS)
def develop_due(
    event: PhotoTaken | PhotoFiltered | PhotoRejected | PhotoDeveloped | PhotoDeleted | PhotoTakenDown,
    shard: int,
) -> list[Upsert]:
    bucket = bucket_of(event.develops_at, event.photo_id)
    key = {"bucket": bucket, "shard": shard, "photo_id": event.photo_id}
    match event:
        case PhotoTaken():
            return [
                DEVELOP_DUE.upsert(
                    **key,
                    owner_id=event.owner_id,
                    taken_at=event.taken_at,
                    develops_at=event.develops_at,
                    on_profile=event.on_profile,
                ),
                DEVELOP_BUCKETS.upsert(shard=shard, day=bucket[:DAY], bucket=bucket),
                DEVELOP_DAYS.upsert(shard=shard, day=bucket[:DAY]),
            ]
        case PhotoFiltered():
            return [DEVELOP_DUE.upsert(**key, card_json=card_json(card_of_filtered(event)))]
        case PhotoRejected() | PhotoDeveloped() | PhotoDeleted() | PhotoTakenDown():
            return [DEVELOP_DUE.upsert(**key, done=True)]


def moment_of(at: datetime) -> str:
    """A moment in UTC, to the millisecond: `2026-06-20T07:00:00.000`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def bucket_of(develops_at: datetime, photo_id: UUID) -> str:
    """The bucket of a photo that develops then: the moment, and one of its parts (`2026-06-20T07:00:00.000/3`)."""
    return f"{moment_of(develops_at)}/{photo_id.int % PARTS}"


async def due_buckets(store: Store, shard: int, *, after: str, upto: datetime) -> AsyncIterator[str]:
    """The buckets behind another (empty: all) up to a moment, in order. Raises StoreUnavailable."""
    end = moment_of(upto + timedelta(milliseconds=1))  # no bucket is named so; those of the moment before come before
    day = after[:DAY]
    if day:
        async for row in scan(store, DEVELOP_BUCKETS, shard, day, after=(after,), upto=(end,)):
            yield row.bucket
    if day < end[:DAY]:
        async for each in scan(store, DEVELOP_DAYS, shard, after=(day,) if day else (), upto=(end[:DAY],)):
            async for row in scan(store, DEVELOP_BUCKETS, shard, each.day, upto=(end,)):
                yield row.bucket


async def any_due(store: Store, shard: int, *, after: Mark, upto: datetime) -> bool:
    """Whether there may be a photo behind a mark up to a moment: at most three requests. Raises StoreUnavailable."""
    if after.last is not None:
        return True
    return await anext(due_buckets(store, shard, after=after.bucket, upto=upto), None) is not None


def due_photos(
    store: Store, shard: int, *, after: Mark, upto: datetime, size: int
) -> AsyncGenerator[tuple[list[DuePhoto], Mark]]:
    """The photos behind a mark up to a moment, ready or not, `size` at a time. See `due_rows`."""
    buckets = due_buckets(store, shard, after=after.bucket, upto=upto)
    return due_rows(store, DEVELOP_DUE, shard, after=after, buckets=buckets, size=size)


async def photos_due_at(store: Store, shard: int, photos: Iterable[tuple[datetime, UUID]]) -> list[DuePhoto]:
    """The rows of photos, each named by when it develops and its id; those that there are. Raises StoreUnavailable."""
    keys = dict.fromkeys((bucket_of(develops_at, photo_id), shard, photo_id) for develops_at, photo_id in photos)
    return [row for row in await store.get_many(DEVELOP_DUE, list(keys)) if row is not None]
