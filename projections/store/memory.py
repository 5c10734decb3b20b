"""The store in memory has Cassandra's rules for stamps, ties and order. Tests use it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from events.ids import key_order
from events.topics import Partitioning, even
from projections.store.protocol import Unstorable
from projections.store.survival import Starts
from projections.store.table import Stamped, Table, clustering_key, partition_key, positions_of, stored_form

Cell = tuple[int, Any]  # stamp, value


class MemoryStore:
    """See Store. Values are stored as in Cassandra: times in whole milliseconds."""

    def __init__(self, partitioning: Partitioning | None = None, *, nodes: str = "a", copies: int = 1) -> None:
        """`partitioning`: of the log that feeds it; eight partitions of each topic, unless it is given. `nodes`: their
        names, a letter each; `copies`: how many of them would have a row."""
        self.partitioning = partitioning or even(8)
        self.outages, self._starts = 0, Starts(dict.fromkeys(nodes, 1), copies // 2 + 1)
        self._tables: dict[str, dict[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Cell]]]] = {}

    async def nodes(self) -> Starts:
        """See Store."""
        return self._starts

    def restart(self, node: str = "a") -> None:
        """Does as a node that goes down and starts again."""
        self.outages += 1
        generations = {**self._starts.generations, node: self._starts.generations[node] + 1}
        self._starts = replace(self._starts, generations=generations)

    def cut(self, nodes: str) -> None:
        """Does as if these nodes were away from now on, and no others."""
        self.outages += 1
        self._starts = replace(self._starts, away=frozenset(nodes))

    async def write(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        for row in rows:
            self._write(row)

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        assert len({partition_key(row.upsert) for row in rows}) <= 1
        await self.write(rows)

    def _write(self, row: Stamped) -> None:
        upsert, stamp = row.upsert, row.stamp
        table = upsert.table
        for name, value in zip(upsert.columns, upsert.values, strict=True):
            if not isinstance(value, table.types[name]):
                raise Unstorable(f"{table.name}.{name} is {table.types[name].__name__}, not {type(value).__name__}")
        values = tuple(stored_form(value) for value in upsert.values)
        partition = tuple(values[i] for i in positions_of(upsert.columns, table.partition))
        clustering = tuple(values[i] for i in positions_of(upsert.columns, table.clustering))
        cells = self._tables.setdefault(table.name, {}).setdefault(partition, {}).setdefault(clustering, {})
        for name, value in zip(upsert.columns, values, strict=True):
            if name in table.key:
                continue
            old = cells.get(name)
            if old is None or (stamp, tie_order(value)) > (old[0], tie_order(old[1])):
                cells[name] = (stamp, value)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        values = tuple(stored_form(value) for value in key)
        partition, clustering = values[: len(table.partition)], values[len(table.partition) :]
        cells = self._tables.get(table.name, {}).get(partition, {}).get(clustering)
        return None if cells is None else self._row(table, partition, clustering, cells)

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        rows = self._tables.get(table.name, {}).get(tuple(stored_form(value) for value in partition), {})
        ordered = sorted(rows, key=key_order, reverse=table.descending)
        if after:
            bound = key_order(tuple(stored_form(value) for value in after))
            ordered = [
                k for k in ordered if comes_after(key_order(k)[: len(bound)], bound, descending=table.descending)
            ]
        if upto:
            bound = key_order(tuple(stored_form(value) for value in upto))
            ordered = [k for k in ordered if key_order(k)[: len(bound)] <= bound]
        return [self._row(table, partition, key, rows[key]) for key in ordered[:limit]]

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        rows = self._tables.get(table.name, {}).get(tuple(map(stored_form, partition)), {})
        wanted = set(map(stored_form, firsts))
        keys = sorted((key for key in rows if key[0] in wanted), key=key_order, reverse=table.descending)
        return [self._row(table, partition, key, rows[key]) for key in keys]

    async def get_many(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See Store."""
        return [await self.get(table, *key) for key in keys]

    async def slice_many(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[list[Any]]:
        """See Store."""
        return [await self.slice(table, *each, after=after, upto=upto, limit=limit) for each in partitions]

    async def merge_slices(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        slices = await self.slice_many(table, distinct(partitions), after=after, upto=upto, limit=limit)
        rows = [row for part in slices for row in part]
        rows.sort(key=lambda row: key_order(clustering_key(table, row)), reverse=table.descending)
        return rows[:limit]

    async def pick_many(
        self, table: Table, partitions: Sequence[tuple[Any, ...]], firsts: Collection[Any]
    ) -> list[Any]:
        """See Store."""
        return [row for each in distinct(partitions) for row in await self.pick(table, each, firsts)]

    def _row(self, table: Table, partition: Any, clustering: Any, cells: dict[str, Cell]) -> Any:
        key = dict(zip(table.key, (*partition, *clustering), strict=True))
        return table.row(**key, **{name: value for name, (_, value) in cells.items()})

    def dump(self) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
        """Every row by table and whole key: column -> value. Two stores with the same dump give the same answers."""
        return {
            name: {
                (*partition, *clustering): {column: value for column, (_, value) in cells.items()}
                for partition, rows in table.items()
                for clustering, cells in rows.items()
            }
            for name, table in self._tables.items()
        }


def distinct(partitions: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Partitions, each of them once."""
    return list(dict.fromkeys(tuple(map(stored_form, partition)) for partition in partitions))


def tie_order(value: Any) -> Any:
    """The order by which ties between values are broken: that of their serialised bytes."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000).to_bytes(8, "big", signed=True)
    if isinstance(value, bool):
        return bytes([value])
    return int(value).to_bytes(8, "big", signed=True)


def comes_after(key: tuple[Any, ...], bound: tuple[Any, ...], *, descending: bool) -> bool:
    """Whether a key comes after a bound in clustering order."""
    return key < bound if descending else key > bound
