"""Time buckets: lists cut into partitions of an hour, day or month each, and an index of the buckets that there are.

A partition's key is one text, of the entity and the bucket: a list is read in two requests, one for the index and one
for many buckets at once, which the database takes only where a single column tells them apart.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from projections.store.protocol import Store
from projections.store.table import Table


def day_of(at: datetime) -> str:
    """The UTC day: `2026-06-20`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def hour_of(at: datetime) -> str:
    """The UTC hour: `2026-06-20T07`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")


def month_of(at: datetime) -> str:
    """The UTC month: `2026-06`."""
    return at.astimezone(UTC).strftime("%Y-%m")


def place_of(entity: UUID, bucket: str) -> str:
    """The partition key of an entity's bucket: `6cc4a6d0-fe48-5fed-ab6d-c30bf06bd4a0/2026-06`."""
    return f"{entity}/{bucket}"


def entity_of(place: str) -> UUID:
    """Whose bucket a partition key names."""
    return UUID(place.partition("/")[0])


async def newest_rows(
    store: Store,
    entity: UUID,
    *,
    index: Table,
    table: Table,
    after: tuple[Any, ...] = (),
    upto: tuple[Any, ...] = (),
    bucket_of: Callable[[datetime], str],
    size: int,
) -> list[Any]:
    """An entity's newest rows: `size` of them, past the clustering key `after` and not newer than `upto`.

    Fewer than `size` means that there are no more.

    - `index`: the entity's buckets, newest first. Each bucket has a row, in `table`, at least.
    - `table`: the rows, a partition for each bucket. Its first clustering column is a time, and `bucket_of` its bucket.

    Costs two requests (see `Store.merge_slices`), and reads no more buckets than it could need: each holds one of the
    rows that are wanted, except for the first, whose rows may all be newer than the bounds. Raises StoreUnavailable."""
    bounds = (*after[:1], *upto[:1])
    first = (bucket_of(min(bounds)),) if bounds else ()
    buckets = await store.slice(index, entity, upto=first, limit=size + 1 if first else size)
    places = [(place_of(entity, row.bucket),) for row in buckets]
    return await store.merge_slices(table, places, after=after, upto=upto, limit=size)
