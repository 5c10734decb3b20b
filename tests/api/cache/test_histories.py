"""Over random histories: nothing that a read shows is older than its positions, or than the setting.

Two processes of the API, each with its cache and its waiter, over one store whose writes land in steps: the rows of a
record first, then `progress`. Every read of the store, those of `progress` too, stands still before it looks and before
its answer arrives, for as long as the history wants. HISTORIES=2000 tries so many."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cache.answers import Answers
from api.cache.store import CachedStore
from events.positions import Position
from projections.catalog import of_topic
from projections.progress import progress_rows
from projections.store.protocol import Store
from projections.store.table import Stamped
from tests.api.cache.rows import MANY, NOON, ONE, Held, one
from tests.travelling import clock, travel
from web.read_your_writes import LONG_AGO, ProjectionWaiter

HISTORIES = int(os.environ.get("HISTORIES", "150"))
SECONDS = 1.0
PHOTOS = [(each.name, 1) for each in of_topic("photos")]
NAMES = ("0a", "0b", "1a", "1b")  # each belongs to the partition that it begins with
Newest = dict[str, int]  # the last offset that something shows, by name

FEW = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
BACK = st.one_of(st.none(), st.integers(0, 2))  # how far behind the end a position is; None: not named
STEPS = st.one_of(
    st.tuples(st.just("record"), st.sampled_from(NAMES)),
    st.tuples(st.just("progress"), st.integers(0, 1)),
    st.tuples(st.just("sleep"), st.sampled_from([0.001, 0.03, 0.4, 0.7])),
    st.tuples(st.just("let"), st.integers(0, 5)),
    st.tuples(st.just("let"), st.integers(0, 5)),
    st.tuples(st.just("free")),
    st.tuples(st.just("ask"), st.integers(0, 1), st.integers(0, 5), FEW, st.tuples(BACK, BACK)),
    st.tuples(st.just("ask"), st.integers(0, 1), st.integers(0, 5), FEW, st.tuples(BACK, BACK)),
)


async def got(store: Store, names: Sequence[str]) -> Newest:
    return {name: row.version if (row := await store.get(ONE, name)) else -1 for name in names}


async def got_many(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.get_many(ONE, [(name,) for name in names])
    return {name: row.version if row else -1 for name, row in zip(names, rows, strict=True)}


async def sliced(store: Store, names: Sequence[str]) -> Newest:
    return {name: newest(await store.slice(MANY, name, limit=1)) for name in names}


async def sliced_many(store: Store, names: Sequence[str]) -> Newest:
    parts = await store.slice_many(MANY, [(name,) for name in names], limit=1)
    return dict(zip(names, map(newest, parts), strict=True))


async def merged(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.merge_slices(MANY, [(name,) for name in sorted(names)])
    return {name: newest([row for row in rows if row.group == name]) for name in names}


async def picked(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.pick_many(MANY, [(name,) for name in names], [NOON + timedelta(hours=n) for n in range(40)])
    return {name: newest([row for row in rows if row.group == name]) for name in names}


def newest(rows: Sequence[Any]) -> int:
    return max((row.number for row in rows), default=-1)


QUESTIONS = (got, got_many, sliced, sliced_many, merged, picked)


class History:
    """The store, what has landed in it and when, and the processes that read it."""

    def __init__(self, seen: Counter[str], *, of: Callable[[], Answers]) -> None:
        self.seen = seen
        self.store = Held()
        self.caches = [CachedStore(self.store, of()) for _ in range(2)]
        self.waiters = [ProjectionWaiter(self.store, clock=clock) for _ in range(2)]
        self.ends = [0, 0]
        self.landed: list[tuple[float, str, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self, steps: Sequence[tuple[Any, ...]]) -> None:
        """Takes the steps, lets everything go on to its end, and raises what a read found wrong."""
        self.store.open = False
        for step, *arguments in steps:
            await getattr(self, step)(*arguments)
            await settle()
        self.store.open = True
        await self.free()
        await asyncio.sleep(10)
        await asyncio.gather(*self.tasks)
        for cache, waiter in zip(self.caches, self.waiters, strict=True):
            await cache.answers.close()
            await waiter.close()

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

    async def sleep(self, seconds: float) -> None:
        """Time goes on."""
        await asyncio.sleep(seconds)

    async def let(self, number: int) -> None:
        """One read that stands still goes on."""
        self.store.let(number)

    async def free(self) -> None:
        """All of them go on."""
        for _ in range(len(self.store.waiting)):
            self.store.let(0)

    async def ask(self, process: int, question: int, names: list[str], back: tuple[int | None, int | None]) -> None:
        """Somebody asks a process, with or without positions."""
        ends = {p: self.ends[p] - n for p, n in enumerate(back) if n is not None and self.ends[p] > n}
        self.tasks.append(asyncio.create_task(self.answered(process, QUESTIONS[question], names, ends)))

    async def answered(self, process: int, question: Any, names: list[str], ends: dict[int, int]) -> None:
        """What a request does; what it shows must have what it needs."""
        passed: float | None = LONG_AGO
        if ends:
            positions = [Position("photos", partition, end - 1) for partition, end in ends.items()]
            passed = await self.waiters[process].passed_since(positions)
        asked = clock()
        needed = Counter(dict.fromkeys(names, -1))
        for at, name, offset in self.landed:
            if passed is None or offset < ends.get(int(name[0]), 0) or at < asked - SECONDS:
                needed[name] = offset
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


def test_nothing_is_older_than_its_positions_or_than_the_setting() -> None:
    """Seen to fail where `not_before` is ignored, where anybody may join any read, and where a moment is taken when
    `progress` is asked for instead of when it has answered."""
    seen: Counter[str] = Counter()

    @settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEPS, min_size=20, max_size=60))
    def over_histories(steps: list[tuple[Any, ...]]) -> None:
        async def scenario() -> None:
            history = History(seen, of=lambda: Answers(SECONDS, 1_000_000, clock=clock))
            await history.run(steps)
            for cache in history.caches:
                seen.update(outcomes(cache))

        travel(scenario())

    over_histories()
    for outcome in ("passed", "stale", "any", "hit", "joined", "miss"):
        assert seen[outcome] > HISTORIES / 10, seen
