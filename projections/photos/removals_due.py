"""removals_due: the photos that ended in an hour, a partition for each hour and log partition. Some time after, their
objects are removed, once more and for good. An index says which hours there are.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from events.generated import PhotoDeleted, PhotoRejected, PhotoTakenDown
from projections.buckets import hour_of
from projections.photos.due import Mark, due_rows
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class DueRemoval:
    """A photo that ended in an hour (UTC, `2026-06-20T07`)."""

    hour: str
    shard: int
    photo_id: UUID


@dataclass(frozen=True, slots=True)
class DueHour:
    """An hour in which photos of a log partition ended: 8,766 rows a year, if it is every one."""

    shard: int
    hour: str


REMOVALS_DUE = Table("removals_due", DueRemoval, partition=2, clustering=1)
REMOVALS_DUE_HOURS = Table("removals_due_hours", DueHour, partition=1, clustering=1)


@projection(REMOVALS_DUE, REMOVALS_DUE_HOURS)
def removals_due(event: PhotoRejected | PhotoDeleted | PhotoTakenDown, shard: int) -> list[Upsert]:
    hour = hour_of(event.occurred_at)
    return [
        REMOVALS_DUE.upsert(hour=hour, shard=shard, photo_id=event.photo_id),
        REMOVALS_DUE_HOURS.upsert(shard=shard, hour=hour),
    ]


async def due_hours(store: Store, shard: int, *, after: str, upto: str) -> AsyncIterator[str]:
    """The hours behind another (empty: all) up to one, in order, in which photos ended. Raises StoreUnavailable."""
    async for row in scan(store, REMOVALS_DUE_HOURS, shard, after=(after,) if after else (), upto=(upto,)):
        yield row.hour


def ended_photos(
    store: Store, shard: int, *, after: Mark, upto: str, size: int
) -> AsyncGenerator[tuple[list[DueRemoval], Mark]]:
    """The photos that ended behind a mark up to an hour, `size` at a time. See `due_rows`."""
    hours = due_hours(store, shard, after=after.bucket, upto=upto)
    return due_rows(store, REMOVALS_DUE, shard, after=after, buckets=hours, size=size)
