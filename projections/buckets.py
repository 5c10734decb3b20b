"""Time buckets bound a partition's growth, and their index tells which ones there are."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from projections.store import Store
from projections.table import Table


def day_of(at: datetime) -> str:
    """The UTC day: `2026-06-20`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def month_of(at: datetime) -> str:
    """The UTC month: `2026-06`."""
    return at.astimezone(UTC).strftime("%Y-%m")


async def newest_first(
    store: Store,
    index: Table,
    table: Table,
    entity: Any,
    *,
    after: tuple[Any, ...] = (),
    upto: tuple[Any, ...] = (),
    bucket_of: Any = day_of,
    size: int = 100,
) -> AsyncIterator[Any]:
    """An entity's rows over all its buckets, newest first: past the clustering key `after`, not newer than `upto`.

    The first clustering column is the time that buckets come from. `size`: rows read at a time."""
    bound = min([at for at in (after[:1] or upto[:1]) if at is not None], default=None)
    first = bucket_of(bound) if bound is not None else ""
    async for bucket in buckets(store, index, entity, first):
        last = after
        while True:
            rows = await store.slice(table, entity, bucket, after=last, upto=upto, limit=size)
            for row in rows:
                yield row
            if len(rows) < size:
                break
            last = tuple(getattr(rows[-1], name) for name in table.clustering)


async def buckets(store: Store, index: Table, entity: Any, first: str) -> AsyncIterator[str]:
    """An entity's buckets, newest first, from `first` on (all of them if it is empty)."""
    after: tuple[Any, ...] = ()
    upto = (first,) if first else ()
    while True:
        rows = await store.slice(index, entity, after=after, upto=upto, limit=100)
        for row in rows:
            yield row.bucket
        if len(rows) < 100:
            return
        after = (rows[-1].bucket,)
