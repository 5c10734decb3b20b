"""A store whose answers are kept for a while."""

import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from api.cache.answers import Answers, Fetch
from api.cache.kept import Answer
from api.cache.sizes import Unit
from events.topics import Partitioning
from projections.progress import PROGRESS
from projections.store.protocol import Store
from projections.store.survival import Starts
from projections.store.table import Stamped, Table, stored_form, values_of
from web.read_your_writes import LONG_AGO


class CachedStore:
    """See Store. It reads only, and its answers may be as old as `answers` and `not_before` allow (see `api.cache`).

    A row is one answer whichever method asks for it, a slice likewise; picks are kept by the first clustering column.
    `oldest` is when the first of the reads began whose answers it has given.
    """

    def __init__(self, store: Store, answers: Answers, not_before: float = LONG_AGO):
        self._store, self.answers, self._not_before = store, answers, not_before
        self.oldest = math.inf

    def since(self, moment: float) -> "CachedStore":
        """The same cache for a request that may be given only what was read after a moment (of `time.monotonic`)."""
        return CachedStore(self._store, self.answers, moment)

    def at_hand(self, unit: Unit) -> Any:
        """What was built for a unit, or put there; None if it isn't kept, or not late enough."""
        answer = self.answers.at_hand(unit, self._not_before)
        return None if answer is None else answer.value

    async def built(self, unit: Unit, build: Callable[["CachedStore"], Awaitable[Any]], lasting: float) -> Any:
        """What `build` makes of rows that it reads through the store that it is given. It is kept as long as all of
        these may be, and made once for all who ask at the same time. See `Answers.built`."""

        async def built(not_before: float) -> Answer:
            store = self.since(not_before)
            value = await build(store)
            return Answer(min(store.oldest, self.answers.clock()), value)

        return (await self.answers.built(unit, built, self._not_before, lasting)).value

    async def _read(self, table: Table, units: list[Unit], fetch: Fetch) -> list[Any]:
        answers = await self.answers.read(table, units, fetch, self._not_before)
        self.oldest = min(self.oldest, *(answer.began for answer in answers)) if answers else self.oldest
        return [answer.value for answer in answers]

    @property
    def partitioning(self) -> Partitioning:
        """See Store."""
        return self._store.partitioning

    @property
    def outages(self) -> int:
        """See Store."""
        return self._store.outages

    async def nodes(self) -> Starts:
        """See Store."""
        return await self._store.nodes()

    async def write(self, rows: Sequence[Stamped]) -> None:
        """Raises TypeError: whoever reads through a cache writes nothing."""
        raise TypeError("a cached store can't be written to")

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """Raises TypeError, as `write`."""
        await self.write(rows)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        return (await self.get_many(table, [key]))[0]

    async def get_many(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See Store."""

        async def fetch(units: list[Unit]) -> Sequence[Any]:
            if len(units) == 1:
                return [await self._store.get(table, *key_of[units[0]])]
            return await self._store.get_many(table, [key_of[unit] for unit in units])

        if table is PROGRESS:
            return await self._store.get_many(table, keys)
        asked = [("row", table, plain(key)) for key in keys]
        key_of = dict(zip(asked, keys, strict=True))
        return await self._read(table, asked, fetch)

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        return (await self.slice_many(table, [partition], after=after, upto=upto, limit=limit))[0]

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

        async def fetch(units: list[Unit]) -> Sequence[Any]:
            wanted = [partition_of_unit[unit] for unit in units]
            if len(wanted) == 1:
                return [tuple(await self._store.slice(table, *wanted[0], after=after, upto=upto, limit=limit))]
            return list(map(tuple, await self._store.slice_many(table, wanted, after=after, upto=upto, limit=limit)))

        if table is PROGRESS:
            return await self._store.slice_many(table, partitions, after=after, upto=upto, limit=limit)
        bounds = plain(after), plain(upto), limit
        asked = [("slice", table, plain(partition), *bounds) for partition in partitions]
        partition_of_unit = dict(zip(asked, partitions, strict=True))
        return list(map(list, await self._read(table, asked, fetch)))

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

        async def fetch(_: list[Unit]) -> Sequence[Any]:
            return [tuple(await self._store.merge_slices(table, partitions, after=after, upto=upto, limit=limit))]

        if table is PROGRESS:
            return await self._store.merge_slices(table, partitions, after=after, upto=upto, limit=limit)
        unit = ("merge", table, tuple(map(plain, partitions)), plain(after), plain(upto), limit)
        return list((await self._read(table, [unit], fetch))[0])

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        return await self.pick_many(table, [partition], firsts)

    async def pick_many(
        self, table: Table, partitions: Sequence[tuple[Any, ...]], firsts: Collection[Any]
    ) -> list[Any]:
        """See Store. What is lacking is asked for in one read: each of the partitions that lack a first, and each of
        the firsts that a partition lacks."""

        async def fetch(units: list[Unit]) -> Sequence[Any]:
            lacking = list(dict.fromkeys(asked[unit][0] for unit in units))
            wanted = list(dict.fromkeys(asked[unit][1] for unit in units))
            if len(lacking) == 1:
                rows = await self._store.pick(table, lacking[0], wanted)
            else:
                rows = await self._store.pick_many(table, lacking, wanted)
            found: dict[Unit, list[Any]] = {}
            for row in rows:
                found.setdefault(
                    pick_unit(table, values_of(row, table.partition), getattr(row, table.clustering[0])), []
                ).append(row)
            return [tuple(found.get(unit, ())) for unit in units]

        if table is PROGRESS:
            return await self._store.pick_many(table, partitions, firsts)
        asked = {
            pick_unit(table, partition, first): (tuple(partition), first)
            for partition in partitions
            for first in dict.fromkeys(firsts)
        }
        parts = await self._read(table, list(asked), fetch)
        return [row for part in parts for row in part]


def pick_unit(table: Table, partition: tuple[Any, ...], first: Any) -> Unit:
    """The rows of a partition with one first clustering value; as it is stored, so that rows say which they are of."""
    return ("pick", table, plain(map(stored_form, partition)), *plain((stored_form(first),)))


def plain(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values for a unit, ids as bytes: an id's own hash and comparison are Python's, and a page makes thousands."""
    return tuple([value.bytes if type(value) is UUID else value for value in values])
