"""Over random histories: nothing that a read shows is older than its positions, or than the setting.

Two processes of the API, each with its cache and its waiter, over one store whose writes land in steps: the rows of a
record first, then `progress`. Reads of rows, of `progress` and of the shared cache stand still before they look and
before their answers arrive, when the history wants it and for as long. HISTORIES=2000 tries so many."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cache.answers import Answers
from api.cache.fleet import FleetAnswers
from api.cache.store import CachedStore
from events.positions import Position
from events.reachability import Reachability
from projections.catalog import of_topic
from projections.progress import progress_rows
from projections.store.table import Stamped
from tests.api.cache.questions import QUESTIONS
from tests.api.cache.rows import MANY, NOON, Held, Turns, one
from tests.api.cache.servers import MemoryServer
from tests.travelling import clock, travel
from web.read_your_writes import LONG_AGO, ProjectionWaiter

HISTORIES = int(os.environ.get("HISTORIES", "300"))
SECONDS = 1.0
PHOTOS = [(each.name, 1) for each in of_topic("photos")]
NAMES = ("0a", "0a", "0b", "1a")  # each belongs to the partition that it begins with

# What is needed to catch a mistake is drawn more often than the rest.
FEW = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2)
BACK = st.sampled_from([None, 0, 0, 1])  # how far behind the end a position is; None: not named
PROCESS, QUESTION = st.sampled_from([0, 0, 0, 1]), st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 6])
ASK, OTHER = (
    st.tuples(st.just("ask"), process, QUESTION, FEW, st.tuples(BACK, BACK), st.sampled_from([0.0, 0.001]))
    for process in (PROCESS, st.just(1))
)
HELD = st.sampled_from(["looking", "arriving", "arriving", "progress_looking", "progress_arriving", "fleet"])
Step = tuple[Any, ...]


def weighted(*weights: tuple[int, st.SearchStrategy[Step]]) -> st.SearchStrategy[Step]:
    """One of these, as often as their weights say. (`one_of` takes a strategy that it is given twice for one.)"""
    return st.sampled_from([number for number, (weight, _) in enumerate(weights) for _ in range(weight)]).flatmap(
        lambda number: weights[number][1]
    )


STEPS = weighted(
    (8, ASK),
    (2, st.tuples(st.just("let"), HELD, st.integers(0, 3))),
    (2, st.tuples(st.just("hold"), HELD, st.sampled_from([True, False]))),
    (3, st.tuples(st.just("free"))),
    (4, st.tuples(st.just("sleep"), st.sampled_from([0.001, 0.03, 0.03, 0.4, 1.1]))),
    (1, st.tuples(st.just("record"), st.sampled_from(NAMES))),
    (1, st.tuples(st.just("progress"), st.integers(0, 1))),
    (4, st.tuples(st.just("posted"), st.sampled_from(NAMES))),
)


class History:
    """The store, what has landed in it and when, and the processes that read it."""

    def __init__(self, seen: Counter[str], fleet: Callable[[], FleetAnswers | None] = lambda: None) -> None:
        """`fleet`: makes what a process knows of the fleet's cache."""
        self.seen = seen
        self.store, self.fleet = Held(), Turns()
        self.caches = [
            CachedStore(self.store, Answers(SECONDS, 1_000_000, fleet=fleet(), clock=clock)) for _ in range(2)
        ]
        self.waiters = [ProjectionWaiter(self.store, clock=clock) for _ in range(2)]
        self.turns = {
            "looking": self.store.looking,
            "arriving": self.store.arriving,
            "progress_looking": self.store.progress_looking,
            "progress_arriving": self.store.progress_arriving,
            "fleet": self.fleet,
        }
        self.ends = [0, 0]
        self.landed: list[tuple[float, str, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self, steps: Sequence[Step]) -> None:
        """Takes the steps, lets everything go on to its end, and raises what a read found wrong."""
        try:
            for step, *arguments in steps:
                await getattr(self, step)(*arguments)
                await settle()
            for turns in self.turns.values():
                turns.open = True
                turns.let_all()
            await asyncio.gather(*self.tasks)
        finally:
            for task in self.tasks:
                task.cancel()
            for cache, waiter in zip(self.caches, self.waiters, strict=True):
                await cache.answers.close()
                await waiter.close()
        for cache in self.caches:
            self.seen.update(outcomes(cache))

    async def record(self, name: str) -> None:
        """The rows of a record land."""
        partition = int(name[0])
        offset = self.ends[partition]
        self.ends[partition] += 1
        listed = MANY.upsert(group=name, at=NOON + timedelta(hours=offset), number=offset, text="")
        await self.store.write([one(name, offset), Stamped(listed, offset)])
        self.landed.append((clock(), name, offset))

    async def progress(self, partition: int) -> None:
        """Every projection says that it has passed all rows of a partition that have landed."""
        await self.store.write(progress_rows("photos", partition, PHOTOS, offset=self.ends[partition]))

    async def posted(self, name: str) -> None:
        """A record lands and is passed."""
        await self.record(name)
        await self.progress(int(name[0]))

    async def sleep(self, seconds: float) -> None:
        """Time goes on."""
        await asyncio.sleep(seconds)

    async def hold(self, which: str, held: bool) -> None:
        """From now on such reads stand still, or don't."""
        self.turns[which].open = not held

    async def let(self, which: str, number: int) -> None:
        """One read that stands still goes on."""
        self.turns[which].let(number)

    async def free(self) -> None:
        """All of them go on."""
        for turns in self.turns.values():
            turns.let_all()

    async def ask(
        self, process: int, question: int, names: list[str], back: tuple[int | None, int | None], pause: float
    ) -> None:
        """Somebody asks a process, with or without positions."""
        ends = {p: self.ends[p] - n for p, n in enumerate(back) if n is not None and self.ends[p] > n}
        self.tasks.append(asyncio.create_task(self.answered(process, QUESTIONS[question], names, ends, pause)))

    async def answered(self, process: int, question: Any, names: list[str], ends: dict[int, int], pause: float) -> None:
        """What a request does, which begins to read a moment after it may; what it shows must have what it needs."""
        passed: float | None = LONG_AGO
        if ends:
            positions = [Position("photos", partition, end - 1) for partition, end in ends.items()]
            passed = await self.waiters[process].passed_since(positions)
        asked = clock()
        needed = Counter(dict.fromkeys(names, -1))
        for at, name, offset in self.landed:
            if passed is None or offset < ends.get(int(name[0]), 0) or at < asked - SECONDS:
                needed[name] = offset
        await asyncio.sleep(pause)
        shown = await question(self.caches[process].since(asked if passed is None else passed), names)
        assert all(shown[name] >= needed[name] for name in names), (question.__name__, shown, dict(needed), ends)
        self.seen["stale" if passed is None else "passed" if ends else "any"] += 1


async def settle() -> None:
    """Lets every task go on until it waits for something."""
    for _ in range(12):
        await asyncio.sleep(0)


def outcomes(cache: CachedStore) -> Counter[str]:
    """How often each outcome was counted."""
    told: Counter[str] = Counter()
    for metric in cache.answers.metrics._answers.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                told[sample.labels["outcome"]] += int(sample.value)
    return told


def over_histories(step: st.SearchStrategy[Step], scenario: Callable[[list[Any]], Coroutine[Any, Any, None]]) -> None:
    """Runs a scenario over random histories of such steps."""

    @settings(
        max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )
    @given(steps=st.lists(step, min_size=20, max_size=60))
    def over(steps: list[Any]) -> None:
        travel(scenario(steps))

    over()


def test_nothing_is_older_than_its_positions_or_than_the_setting() -> None:
    """Of 2,000 histories seen to fail where `not_before` is ignored, where the age is, where an equal moment is enough,
    where anybody may join any read, and where a read counts as begun when it has arrived."""
    seen: Counter[str] = Counter()
    over_histories(STEPS, lambda steps: History(seen).run(steps))
    assert all(seen[outcome] for outcome in ("passed", "stale", "any", "hit", "joined", "miss")), seen


QUIET = logging.getLogger("darkroom.quiet")
QUIET.disabled = True  # mishaps are said a thousand times


class FleetHistory(History):
    """The two processes share a server, to which things happen."""

    def __init__(self, seen: Counter[str]) -> None:
        self.server = MemoryServer(clock)
        self.known: list[FleetAnswers] = []
        super().__init__(seen, self.of_fleet)
        self.server.turn = self.fleet.turn
        self.backup = deepcopy((self.server.values, self.server.hashes))

    def of_fleet(self) -> FleetAnswers:
        """What one process knows of the fleet."""
        reachable = Reachability(QUIET, "The shared cache")
        self.known.append(FleetAnswers(self.server.dial, reachable, keyspace="k", seconds=SECONDS, clock=clock))
        return self.known[-1]

    async def run(self, steps: Sequence[Step]) -> None:
        """See History; both processes begin with a connection."""
        for fleet in self.known:
            await fleet.connect()
        await super().run(steps)

    async def forget(self) -> None:
        """The server forgets all it has."""
        self.server.forget()

    async def evict(self) -> None:
        """The server forgets its count, for lack of memory."""
        self.server.hashes.clear()

    async def restart(self, empty: bool) -> None:
        """The server starts again, with what it had or without."""
        self.server.restart(empty=empty)

    async def save(self) -> None:
        """A replica gets what the server has."""
        self.backup = deepcopy((self.server.values, self.server.hashes))

    async def fail_over(self) -> None:
        """A replica takes over, which is behind."""
        self.server.restart()
        self.server.values, self.server.hashes = deepcopy(self.backup)


MISHAPS = [("fail_over",), ("evict",), ("evict",), ("forget",), ("restart", True), ("restart", False)]
SHORT = st.tuples(st.just("sleep"), st.just(0.02))
FLEET_STEPS = weighted((40, STEPS), (10, OTHER), (10, SHORT), (1, st.just(("save",))), (1, st.sampled_from(MISHAPS)))


def test_nothing_is_older_where_processes_share_a_server_which_forgets_restarts_and_fails_over() -> None:
    """Of 2,000 histories seen to fail where an answer counts as read just now, where what the fleet has needn't satisfy
    who asks, and where another count than the connection's is as good."""
    seen: Counter[str] = Counter()
    over_histories(FLEET_STEPS, lambda steps: FleetHistory(seen).run(steps))
    assert all(seen[outcome] for outcome in ("passed", "stale", "any", "hit", "joined", "miss", "shared")), seen
