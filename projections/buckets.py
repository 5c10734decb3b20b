"""Time buckets bound a partition's growth, and their index tells which ones there are."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from projections.store.protocol import Store
from projections.store.table import Table

MOST_AHEAD = 8
T = TypeVar("T")


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

    The first clustering column is the time that buckets come from. `size`: rows read of a bucket at a time. Where
    buckets hold little, ever more of them are read at once: a page of thirty days isn't thirty reads in a row."""
    bound = min([at for at in (after[:1] or upto[:1]) if at is not None], default=None)
    names = buckets(store, index, entity, bucket_of(bound) if bound is not None else "")
    ahead = 1
    while group := await next_items(names, ahead):
        heads = await asyncio.gather(
            *(store.slice(table, entity, bucket, after=after, upto=upto, limit=size) for bucket in group)
        )
        for bucket, head in zip(group, heads, strict=True):
            rows: list[Any] = head
            while rows:
                for row in rows:
                    yield row
                last = tuple(getattr(rows[-1], name) for name in table.clustering)
                full = len(rows) == size
                rows = await store.slice(table, entity, bucket, after=last, upto=upto, limit=size) if full else []
        ahead = min(2 * ahead, MOST_AHEAD)


async def next_items(rows: AsyncIterator[T], most: int) -> list[T]:
    """The next of an iterator, at most so many."""
    found: list[T] = []
    while len(found) < most:
        try:
            found.append(await anext(rows))
        except StopAsyncIteration:
            break
    return found


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
