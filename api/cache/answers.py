"""Answers of the store that are kept for a while, and read once for all who ask at the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any

from api.cache.fleet import FleetAnswers
from api.cache.kept import Answer, Bound, KeptAnswers
from api.cache.metrics import HIT, JOINED, MISS, SHARED, CacheMetrics
from api.cache.sizes import Made, Unit
from projections.store.table import Table

Fetch = Callable[[list[Unit]], Awaitable[Sequence[Any]]]
Build = Callable[[float], Awaitable[Answer]]
Fly = Callable[[list[Unit], Bound], Coroutine[Any, Any, dict[Unit, Answer]]]


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
        self._seconds, self._fleet, self.clock = seconds, fleet, clock
        self._kept = KeptAnswers(most_bytes, self.metrics)
        self._flights: dict[Unit, Flight] = {}
        self._under_way: set[Flight] = set()

    def at_hand(self, unit: Unit, not_before: float) -> Answer | None:
        """The unit's answer if it is kept and the rule allows it; without waiting for anything."""
        answer, now = self._kept.get(unit), self.clock()
        if answer is None or not Bound(not_before, now - self._seconds).allows(answer.began):
            return None
        self._count(unit[1], {unit: answer}, now)
        return answer

    def put(self, unit: Unit, value: Any) -> None:
        """Keeps what was made of answers without reading: whoever finds it must have been given those by the rule."""
        now = self.clock()
        self._kept.put(unit, Answer(now, value), now - self._seconds)

    async def read(self, table: Table | Made, units: Sequence[Unit], fetch: Fetch, not_before: float) -> list[Answer]:
        """The answer of each unit, in order. Those that the rule (see `api.cache`) lets nobody else answer are fetched.

        - `not_before`: a moment; no answer comes from a read that began before it.
        - `fetch`: reads units, for as many answers in the same order.

        Raises what `fetch` raises, also for who joined the read; nothing of it is kept."""

        async def fly(units: list[Unit], bound: Bound) -> dict[Unit, Answer]:
            return await self._fly(table, units, fetch, bound)

        return await self._read(table, units, fly, not_before)

    async def built(self, unit: Unit, build: Build, not_before: float, lasting: float = 0.0) -> Answer:
        """The answer of a unit that is built of many reads, once for all who ask at the same time.

        - `build(not_before)`: builds it of reads that began after a moment. It has begun with the oldest of them.
        - `lasting`: for how many seconds it should be kept, if need be at the cost of reading anew what is kept."""

        async def fly(units: list[Unit], bound: Bound) -> dict[Unit, Answer]:
            since = self.clock() - max(self._seconds - lasting, 0.0)
            answer = await build(max(bound.not_before, since))
            self.metrics.answered(unit[1], MISS, 1)
            self._kept.put(unit, answer, self.clock() - self._seconds)
            return dict.fromkeys(units, answer)

        return (await self._read(unit[1], [unit], fly, not_before))[0]

    async def _read(self, table: Table | Made, units: Sequence[Unit], fly: Fly, not_before: float) -> list[Answer]:
        now = self.clock()
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
        own = self._start(lacking, fly, bound) if lacking else None
        early: list[Unit] = []
        for flight, theirs in joined.items():
            landed = await flight.landed()
            found |= {unit: landed[unit] for unit in theirs}
            early += [unit for unit in theirs if not bound.allows(landed[unit].began)]
        if own is not None:
            found |= await own.landed()
        if early:  # older answers were enough for who began that read, and aren't for this request
            found |= await self._start(early, fly, bound).landed()
        self.metrics.answered(table, JOINED, sum(map(len, joined.values())) - len(early))
        return [found[unit] for unit in units]

    def _count(self, table: Table | Made, hits: dict[Unit, Answer], now: float) -> None:
        if hits:
            self.metrics.answered(table, HIT, len(hits))
            self.metrics.aged(table, now - min(answer.began for answer in hits.values()))

    def _start(self, units: list[Unit], fly: Fly, bound: Bound) -> Flight:
        task = asyncio.create_task(fly(units, bound), name="cache-read")
        flight = Flight(self.clock(), task)
        self._under_way.add(flight)
        self._flights |= dict.fromkeys(units, flight)
        task.add_done_callback(lambda done: self._land(flight, units, done))
        return flight

    async def _fly(self, table: Table | Made, units: list[Unit], fetch: Fetch, bound: Bound) -> dict[Unit, Answer]:
        ticket, shared = await self._fleet.look(units) if self._fleet is not None else (None, {})
        found = {unit: answer for unit, answer in shared.items() if bound.allows(answer.began)}
        if lacking := [unit for unit in units if unit not in found]:
            began = self.clock()
            values = await fetch(lacking)
            read = {unit: Answer(began, value) for unit, value in zip(lacking, values, strict=True)}
            if self._fleet is not None and ticket is not None:
                self._fleet.keep(ticket, read)
            found |= read
        self.metrics.answered(table, SHARED, len(units) - len(lacking))
        self.metrics.answered(table, MISS, len(lacking))
        oldest = self.clock() - self._seconds
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
