"""Reads whole partitions, however large, some rows at a time."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from projections.store.protocol import Store
from projections.store.table import Table, clustering_key


async def scan(
    store: Store,
    table: Table,
    *partition: Any,
    after: tuple[Any, ...] = (),
    upto: tuple[Any, ...] = (),
    size: int = 500,
) -> AsyncIterator[Any]:
    """The rows of a partition between two bounds (see `Store.slice`), `size` at a time. Raises StoreUnavailable."""
    while True:
        rows = await store.slice(table, *partition, after=after, upto=upto, limit=size)
        for row in rows:
            yield row
        if len(rows) < size:
            return
        after = clustering_key(table, rows[-1])


async def rest_of(store: Store, table: Table, *partition: Any, first: Sequence[Any], size: int) -> AsyncIterator[Any]:
    """The rows of a partition behind its `first` ones, of which `size` were asked for: none if there were fewer.

    Raises StoreUnavailable."""
    if len(first) == size:
        async for row in scan(store, table, *partition, after=clustering_key(table, first[-1]), size=size):
            yield row
