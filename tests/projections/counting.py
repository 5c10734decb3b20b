"""A store that counts the requests which the database would get."""

from collections.abc import Collection, Sequence
from typing import Any

from projections.store.memory import MemoryStore
from projections.store.protocol import KEYS_A_REQUEST
from projections.store.table import Stamped, Table

Keys = Sequence[tuple[Any, ...]]


def requests_for(keys: Keys) -> int:
    """How many requests a read of many keys is: the keys of one request differ in one column at most."""
    columns = [len(set(column)) for column in zip(*keys, strict=True)]
    return len(keys) if sum(distinct > 1 for distinct in columns) > 1 else -(-len(keys) // KEYS_A_REQUEST)


class CountingStore:
    """Another store, with `requests`: how many reads the database would have got, and `partitions`: of how many."""

    def __init__(self, store: MemoryStore):
        self._store = store
        self.nodes, self.outages = store.nodes, store.outages
        self.partitioning = store.partitioning
        self.requests = self.partitions = 0

    def _count(self, keys: Keys) -> None:
        self.requests += requests_for(keys)
        self.partitions += len(keys)

    async def write(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self._store.write(rows)

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self._store.write_together(rows)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        self._count([key])
        return await self._store.get(table, *key)

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        """See Store."""
        self._count([partition])
        return await self._store.slice(table, *partition, **bounds)

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        self._count([partition])
        return await self._store.pick(table, partition, firsts)

    async def get_many(self, table: Table, keys: Keys) -> list[Any]:
        """See Store."""
        self._count(keys)
        return await self._store.get_many(table, keys)

    async def slice_many(self, table: Table, partitions: Keys, **bounds: Any) -> list[list[Any]]:
        """See Store."""
        self._count(partitions)
        return await self._store.slice_many(table, partitions, **bounds)

    async def merge_slices(self, table: Table, partitions: Keys, **bounds: Any) -> list[Any]:
        """See Store."""
        self._count(partitions)
        return await self._store.merge_slices(table, partitions, **bounds)

    async def pick_many(self, table: Table, partitions: Keys, firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        self._count(partitions)
        return await self._store.pick_many(table, partitions, firsts)
