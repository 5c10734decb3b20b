"""A database of three nodes in memory: each has a copy of every row, a write is acknowledged by those that are there, a
read asks two of them, and a node that starts anew has lost what it wrote since it last synced."""

import copy
import random
from collections.abc import Callable, Collection, Sequence
from typing import Any

from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from projections.store.table import Stamped, Table

NODES = "abc"
Meanwhile = Callable[["Replicas"], None]


class Replicas(MemoryStore):
    """See above. `meanwhile` is called before each operation: something may happen to a node there."""

    def __init__(self, seed: int, meanwhile: Meanwhile = lambda _: None) -> None:
        super().__init__(nodes=NODES, copies=3)
        self.chance, self._meanwhile = random.Random(seed), meanwhile
        self._of: dict[str, Any] = {name: {} for name in NODES}
        self.sync()

    def sync(self) -> None:
        """From here on no node loses what it has."""
        self._synced = copy.deepcopy(self._of)

    def restart(self, node: str = "a") -> None:
        """A node starts anew, with what it had synced."""
        super().restart(node)
        self._of[node] = copy.deepcopy(self._synced[node])

    async def write(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        for name in self._asked():
            self._tables = self._of[name]
            for row in rows:
                self._write(row)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        self._read()
        return await super().get(table, *key)

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        """See Store."""
        self._read()
        return await super().slice(table, *partition, **bounds)

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        self._read()
        return await super().pick(table, partition, firsts)

    def dump(self) -> Any:
        """See MemoryStore."""
        self._tables = merged([self._of[name] for name in NODES])
        return super().dump()

    def _asked(self) -> list[str]:
        self._meanwhile(self)
        there = sorted(set(NODES) - self._starts.away)
        if len(there) < 2:
            raise StoreUnavailable("there is no quorum")
        return there

    def _read(self) -> None:
        self._tables = merged([self._of[name] for name in self.chance.sample(self._asked(), 2)])


def merged(replicas: Sequence[Any]) -> Any:
    """What replicas hold together: of each cell the one with the higher stamp."""
    tables: Any = {}
    for replica in replicas:
        for name, partitions in replica.items():
            for partition, rows in partitions.items():
                for key, cells in rows.items():
                    mine = tables.setdefault(name, {}).setdefault(partition, {}).setdefault(key, {})
                    for column, cell in cells.items():
                        if column not in mine or cell > mine[column]:
                            mine[column] = cell
    return tables
