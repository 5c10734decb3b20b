"""Reads whole partitions, however large, some rows at a time."""

from collections.abc import AsyncIterator
from typing import Any

from projections.store.protocol import Store
from projections.store.table import Table


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
        after = tuple(getattr(rows[-1], name) for name in table.clustering)
