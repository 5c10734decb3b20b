"""Time buckets: lists cut into partitions of a day or a month each, and an index of the buckets that there are."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from projections.store.protocol import Store
from projections.store.scan import scan
from projections.store.table import Table

MOST_AHEAD = 8
T = TypeVar("T")


def day_of(at: datetime) -> str:
    """The UTC day: `2026-06-20`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def month_of(at: datetime) -> str:
    """The UTC month: `2026-06`."""
    return at.astimezone(UTC).strftime("%Y-%m")


async def newest_rows(
    store: Store,
    entity: Any,
    *,
    index: Table,
    table: Table,
    after: tuple[Any, ...] = (),
    upto: tuple[Any, ...] = (),
    bucket_of: Any = day_of,
    size: int = 100,
) -> AsyncIterator[Any]:
    """An entity's rows over all its buckets, newest first: past the clustering key `after`, not newer than `upto`.

    - `index`, `table`: the index of buckets, and the rows. Their first clustering column is the time of the bucket.
    - `size`: how many rows of a bucket are read at a time.

    It reads one bucket, then two at once, four, and so on: a page with a photo a day takes few rounds of reads."""
    bound = min([at for at in (after[:1] or upto[:1]) if at is not None], default=None)
    names = buckets(store, index, entity, bucket_of(bound) if bound is not None else "")
    ahead = 1
    while group := await next_items(names, ahead):
        heads: list[list[Any]] = await asyncio.gather(
            *(store.slice(table, entity, bucket, after=after, upto=upto, limit=size) for bucket in group)
        )
        for bucket, head in zip(group, heads, strict=True):
            for row in head:
                yield row
            if len(head) == size:
                last = tuple(getattr(head[-1], name) for name in table.clustering)
                async for row in scan(store, table, entity, bucket, after=last, upto=upto, size=size):
                    yield row
        ahead = min(2 * ahead, MOST_AHEAD)


async def next_items(items: AsyncIterator[T], most: int) -> list[T]:
    """The next items of an iterator, at most so many; fewer only at its end."""
    found: list[T] = []
    while len(found) < most:
        try:
            found.append(await anext(items))
        except StopAsyncIteration:
            break
    return found


async def buckets(store: Store, index: Table, entity: Any, first: str) -> AsyncIterator[str]:
    """An entity's buckets, newest first, from `first` on (all of them if it is empty)."""
    async for row in scan(store, index, entity, upto=(first,) if first else ()):
        yield row.bucket
