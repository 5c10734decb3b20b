"""removals_due: the photos that ended in an hour, a partition for each hour and log partition. Some time after, their
objects are removed, once more and for good. An index says which hours there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from events.generated import PhotoDeleted, PhotoRejected, PhotoTakenDown
from projections.buckets import hour_of
from projections.projection import projection
from projections.store.protocol import Store
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


def hour_before(hour: str) -> str:
    """The hour before another."""
    return hour_of(datetime.fromisoformat(f"{hour}:00+00:00") - timedelta(hours=1))


async def next_hour(store: Store, shard: int, *, after: str, upto: str) -> str | None:
    """The first hour after `after` (empty: of all) up to `upto` in which photos ended; None if there is none."""
    past = (after,) if after else ()
    rows: list[DueHour] = await store.slice(REMOVALS_DUE_HOURS, shard, after=past, upto=(upto,), limit=1)
    return rows[0].hour if rows else None


async def ended_photos(store: Store, shard: int, hour: str, *, after: UUID | None, limit: int) -> list[UUID]:
    """The ids of photos that ended in an hour, `limit` at most, in their order from the one after `after` on."""
    past = (after,) if after else ()
    rows: list[DueRemoval] = await store.slice(REMOVALS_DUE, hour, shard, after=past, limit=limit)
    return [row.photo_id for row in rows]
