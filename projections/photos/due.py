"""What is due: rows in buckets that come one after the other, gone through once, from where one was.

A bucket is a partition of a table for each log partition; its name begins with the time at which it is due, so that
the order of names is the order of times.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

from events.ids import NIL
from projections.store.protocol import Store
from projections.store.table import Table

WHOLE = "whole"  # as text it comes after every id


class Mark(NamedTuple):
    """How far somebody has come: past every bucket before this one, and in this one past the rows up to `last`.

    `last`: None if it is past the whole bucket. The first mark is before all."""

    bucket: str = ""
    last: UUID | None = None

    def __str__(self) -> str:
        return f"{self.bucket}/{self.last or WHOLE}"

    @classmethod
    def read(cls, text: str) -> "Mark":
        """The mark that was made a text; the first one of an empty text. Raises ValueError."""
        bucket, _, last = text.rpartition("/")
        return cls(bucket, UUID(last) if last not in ("", WHOLE) else None)


async def due_rows(
    store: Store, table: Table, shard: int, *, after: Mark, buckets: AsyncIterator[str], size: int
) -> AsyncGenerator[tuple[list[Any], Mark]]:
    """Rows behind a mark, in order: `size` of them at a time, with the mark behind them; the last time perhaps fewer.

    - `table`: its partition key is (bucket, shard), and its rows are ordered by an id.
    - `buckets`: those behind the mark's. Without any, and with nothing left in the mark's, there is nothing at all.

    Raises StoreUnavailable."""
    found: list[Any] = []
    mark = after
    async for begin in begins(after, buckets):
        mark = begin
        while len(rows := await rows_of(store, table, shard, mark, size - len(found))) == size - len(found):
            mark = Mark(mark.bucket, rows[-1].photo_id)
            yield found + rows, mark
            found = []
        found += rows
        mark = Mark(mark.bucket)
    if mark != after:
        yield found, mark


async def begins(after: Mark, buckets: AsyncIterator[str]) -> AsyncIterator[Mark]:
    """From where each bucket is to be read: first what is left of the mark's, then the others from their beginnings."""
    if after.last is not None:
        yield after
    async for bucket in buckets:
        yield Mark(bucket, NIL)


async def rows_of(store: Store, table: Table, shard: int, after: Mark, limit: int) -> list[Any]:
    """A bucket's rows behind a mark in it. Raises StoreUnavailable."""
    return await store.slice(table, after.bucket, shard, after=(after.last,), limit=limit)
