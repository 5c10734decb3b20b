"""Answers of the store that are kept for a while, and read once for all who ask at the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from api.cache.fleet import FleetAnswers
from api.cache.kept import Answer, Bound, KeptAnswers
from api.cache.metrics import HIT, JOINED, MISS, SHARED, CacheMetrics
from api.cache.sizes import Unit
from projections.store.table import Table

Fetch = Callable[[list[Unit]], Awaitable[Sequence[Any]]]


class Flight:
    """A read under way, of some units at once."""

    def __init__(self, began: float, task: "asyncio.Task[dict[Unit, Answer]]"):
        self.began, self._task = began, task

    async def landed(self) -> dict[Unit, Answer]:
        """Its answers. Who stops waiting for them doesn't stop the read. Raises what the read raises."""
        return await asyncio.shield(self._task)

    async def cancel(self) -> None:
        """Ends the read."""
        self._task.cancel()
        await asyncio.wait([self._task])


class Answers:
    """The answers that one process keeps, for `seconds` after their reads began; and those that a fleet shares."""

    def __init__(
        self,
        seconds: float,
        most_bytes: int,
        *,
        fleet: FleetAnswers | None = None,
        metrics: CacheMetrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.metrics = metrics or CacheMetrics()
        self._seconds, self._fleet, self._clock = seconds, fleet, clock
        self._kept = KeptAnswers(most_bytes, self.metrics)
        self._flights: dict[Unit, Flight] = {}
        self._under_way: set[Flight] = set()

    async def read(self, table: Table, units: Sequence[Unit], fetch: Fetch, not_before: float) -> list[Any]:
        """The answer of each unit, in order. Those that the rule (see `api.cache`) lets nobody else answer are fetched.

        - `not_before`: a moment; no answer comes from a read that began before it.
        - `fetch`: reads units, for as many answers in the same order.

        Raises what `fetch` raises, also for who joined the read; nothing of it is kept."""
        now = self._clock()
        bound = Bound(not_before, now - self._seconds)
        found: dict[Unit, Answer] = {}
        lacking: list[Unit] = []
        joined: dict[Flight, list[Unit]] = {}
        for unit in dict.fromkeys(units):
            answer = self._kept.get(unit)
            if answer is not None and bound.allows(answer.began):
                found[unit] = answer
            elif (flight := self._flights.get(unit)) is not None and bound.allows(flight.began):
                joined.setdefault(flight, []).append(unit)
            else:
                lacking.append(unit)
        self._count(table, found, now)
        own = self._start(table, lacking, fetch, bound) if lacking else None
        early: list[Unit] = []
        for flight, theirs in joined.items():
            landed = await flight.landed()
            found |= {unit: landed[unit] for unit in theirs}
            early += [unit for unit in theirs if not bound.allows(landed[unit].began)]
        if own is not None:
            found |= await own.landed()
        if early:  # the fleet's answers were enough for who began that read, and aren't for this request
            found |= await self._start(table, early, fetch, bound).landed()
        self.metrics.answered(table, JOINED, sum(map(len, joined.values())) - len(early))
        return [found[unit].value for unit in units]

    def _count(self, table: Table, hits: dict[Unit, Answer], now: float) -> None:
        if hits:
            self.metrics.answered(table, HIT, len(hits))
            self.metrics.aged(table, now - min(answer.began for answer in hits.values()))

    def _start(self, table: Table, units: list[Unit], fetch: Fetch, bound: Bound) -> Flight:
        task = asyncio.create_task(self._fly(table, units, fetch, bound), name="cache-read")
        flight = Flight(self._clock(), task)
        self._under_way.add(flight)
        self._flights |= dict.fromkeys(units, flight)
        task.add_done_callback(lambda done: self._land(flight, units, done))
        return flight

    async def _fly(self, table: Table, units: list[Unit], fetch: Fetch, bound: Bound) -> dict[Unit, Answer]:
        ticket, shared = await self._fleet.look(units) if self._fleet is not None else (None, {})
        found = {unit: answer for unit, answer in shared.items() if bound.allows(answer.began)}
        if lacking := [unit for unit in units if unit not in found]:
            began = self._clock()
            values = await fetch(lacking)
            read = {unit: Answer(began, value) for unit, value in zip(lacking, values, strict=True)}
            if self._fleet is not None and ticket is not None:
                self._fleet.keep(ticket, read)
            found |= read
        self.metrics.answered(table, SHARED, len(units) - len(lacking))
        self.metrics.answered(table, MISS, len(lacking))
        oldest = self._clock() - self._seconds
        for unit, answer in found.items():
            self._kept.put(unit, answer, oldest)
        return found

    def _land(self, flight: Flight, units: Collection[Unit], done: "asyncio.Task[dict[Unit, Answer]]") -> None:
        self._under_way.discard(flight)
        for unit in units:
            if self._flights.get(unit) is flight:
                del self._flights[unit]
        if not done.cancelled():
            done.exception()  # whoever asked may have gone

    async def close(self) -> None:
        """Ends the reads that are under way, and leaves the fleet."""
        for flight in list(self._under_way):
            await flight.cancel()
        if self._fleet is not None:
            await self._fleet.close()
