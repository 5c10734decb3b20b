"""Reads of many keys or partitions, in as few requests as they can be asked for in."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import chain
from typing import Any, Protocol

from events.ids import key_order
from projections.store.conditions import between, equal, in_order
from projections.store.groups import Key, OwnerOf, groups_of
from projections.store.table import Table, clustering_key, stored_form, values_of


class Select(Protocol):
    """Makes one request: the rows of a table that fulfil a condition, by way of one node or of any."""

    def __call__(
        self, table: Table, where: str, values: tuple[Any, ...], end: str = "", node: Any = None
    ) -> Awaitable[list[Any]]: ...


class ReadsOfMany:
    """See Store, for each of its reads of many.

    - `owners`: gives what tells a partition's node, where not every node has every partition."""

    def __init__(self, select: Select, owners: Callable[[Table], Awaitable[OwnerOf | None]]):
        self._select, self._owners = select, owners

    async def get_many(self, table: Table, keys: Sequence[Key]) -> list[Any]:
        """See Store."""
        wanted = stored(keys)
        found = {values_of(row, table.key): row for row in chain(*await self._read(table, table.key, wanted))}
        return [found.get(key) for key in wanted]

    async def slice_many(
        self,
        table: Table,
        partitions: Sequence[Key],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[list[Any]]:
        """See Store."""
        wanted = stored(partitions)
        where, bounds = between(table, after, upto)
        found: dict[Key, list[Any]] = {}
        answers = await self._read(table, table.partition, wanted, where, (*bounds, limit), " PER PARTITION LIMIT ?")
        for row in chain(*answers):
            found.setdefault(values_of(row, table.partition), []).append(row)
        return [list(found.get(partition, ())) for partition in wanted]

    async def merge_slices(
        self,
        table: Table,
        partitions: Sequence[Key],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        where, bounds = between(table, after, upto)
        end = f"{in_order(table)} PER PARTITION LIMIT ? LIMIT ?"
        values = (*bounds, limit, limit)
        answers = await self._read(table, table.partition, stored(partitions), where, values, end)
        if len(answers) == 1:
            return answers[0]
        rows = list(chain(*answers))
        rows.sort(key=lambda row: key_order(clustering_key(table, row)), reverse=table.descending)
        return rows[:limit]

    async def pick_many(self, table: Table, partitions: Sequence[Key], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        if not firsts:
            return []
        where = equal(table.clustering[:1], several=0)
        return list(chain(*await self._read(table, table.partition, stored(partitions), where, (list(firsts),))))

    async def _read(
        self,
        table: Table,
        columns: tuple[str, ...],
        keys: list[Key],
        where: str = "",
        values: tuple[Any, ...] = (),
        end: str = "",
    ) -> list[list[Any]]:
        """The rows whose `columns` are one of `keys` and that fulfil the condition `where`, by request."""
        if not keys:
            return []
        requests = [
            self._select(table, equal(columns, group.several) + where, (*group.values, *values), end, group.node)
            for group in groups_of(keys, await self._owners(table))
        ]
        return [await requests[0]] if len(requests) == 1 else list(await asyncio.gather(*requests))


def stored(keys: Sequence[Key]) -> list[Key]:
    """Keys with their values as they come back."""
    return [tuple(map(stored_form, key)) for key in keys]
