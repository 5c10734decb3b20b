"""Answers of the store that are kept for a while, and read once for all who ask at the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from api.cache.kept import Answer, Bound, KeptAnswers
from api.cache.metrics import HIT, JOINED, MISS, CacheMetrics
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
    """The answers that one process keeps, for `seconds` after their reads began."""

    def __init__(
        self,
        seconds: float,
        most_bytes: int,
        *,
        metrics: CacheMetrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.metrics = metrics or CacheMetrics()
        self._seconds, self._clock = seconds, clock
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
        for flight, theirs in joined.items():
            landed = await flight.landed()
            found |= {unit: landed[unit] for unit in theirs}
        if own is not None:
            found |= await own.landed()
        self.metrics.answered(table, JOINED, sum(map(len, joined.values())))
        return [found[unit].value for unit in units]

    def _count(self, table: Table, hits: dict[Unit, Answer], now: float) -> None:
        if hits:
            self.metrics.answered(table, HIT, len(hits))
            self.metrics.aged(table, now - min(answer.began for answer in hits.values()))

    def _start(self, table: Table, units: list[Unit], fetch: Fetch, bound: Bound) -> Flight:
        began = self._clock()
        task = asyncio.create_task(self._fly(table, units, fetch, began), name="cache-read")
        flight = Flight(began, task)
        self._under_way.add(flight)
        self._flights |= dict.fromkeys(units, flight)
        task.add_done_callback(lambda done: self._land(flight, units, done))
        return flight

    async def _fly(self, table: Table, units: list[Unit], fetch: Fetch, began: float) -> dict[Unit, Answer]:
        self.metrics.answered(table, MISS, len(units))
        values = await fetch(units)
        answers = {unit: Answer(began, value) for unit, value in zip(units, values, strict=True)}
        for unit, answer in answers.items():
            self._kept.put(unit, answer, self._clock() - self._seconds)
        return answers

    def _land(self, flight: Flight, units: Collection[Unit], done: "asyncio.Task[dict[Unit, Answer]]") -> None:
        self._under_way.discard(flight)
        for unit in units:
            if self._flights.get(unit) is flight:
                del self._flights[unit]
        if not done.cancelled():
            done.exception()  # whoever asked may have gone

    async def close(self) -> None:
        """Ends the reads that are under way."""
        for flight in list(self._under_way):
            await flight.cancel()
