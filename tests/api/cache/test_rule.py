"""The rule by example: which kept answer, and which read under way, answers whom."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api.cache.answers import Answers
from api.cache.sizes import Made
from api.cache.store import CachedStore
from events.positions import Position
from projections.catalog import of_topic
from projections.progress import progress_rows
from projections.store.protocol import Store, StoreUnavailable
from tests.api.cache.rows import ONE, Counting, Held, one
from web.read_your_writes import LONG_AGO, MOST_MOMENTS, PassedMoments, ProjectionWaiter

pytestmark = pytest.mark.anyio


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


async def settle() -> None:
    """Lets every task go on until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def held(*versions: int) -> AsyncGenerator[tuple[Held, CachedStore, Clock]]:
    """A store whose reads look at once, and their answers wait to be let on; its cache; and the cache's clock.

    It has a row, in the last of these versions."""
    store, clock = Held(), Clock()
    await store.write([one("a", version) for version in versions])
    answers = Answers(1.0, 1_000_000, clock=clock)
    store.arriving.open = False
    yield store, CachedStore(store, answers), clock
    await answers.close()


async def let_all(store: Held) -> None:
    """Lets every read go on to its end."""
    await settle()
    while store.arriving.waiting:
        store.arriving.let(0)
        await settle()


async def test_a_kept_row_answers_until_it_is_too_old() -> None:
    store, clock = Counting(), Clock()
    cache = CachedStore(store, Answers(1.0, 1_000_000, clock=clock))
    assert await cache.get(ONE, "a") is None
    await store.write([one("a", 1)])
    clock.now += 1.0
    assert await cache.get(ONE, "a") is None
    clock.now += 0.001
    assert (await cache.get(ONE, "a")).version == 1
    assert len(store.asked) == 2


async def test_a_row_answers_only_whom_it_was_read_late_enough_for() -> None:
    """Seen to fail without the comparison, and with one that lets equal moments pass."""
    store, clock = Counting(), Clock()
    cache = CachedStore(store, Answers(1.0, 1_000_000, clock=clock))
    await cache.get(ONE, "a")
    await store.write([one("a", 1)])
    assert await cache.since(LONG_AGO).get(ONE, "a") is None
    assert await cache.since(99.9).get(ONE, "a") is None
    assert (await cache.since(100.0).get(ONE, "a")).version == 1
    await store.write([one("a", 2)])
    clock.now += 0.5
    assert (await cache.since(100.2).get(ONE, "a")).version == 2
    assert (await cache.since(100.2).get(ONE, "a")).version == 2
    assert (await cache.get(ONE, "a")).version == 2
    assert len(store.asked) == 3


async def test_who_asks_at_once_shares_one_read() -> None:
    async with held(1) as (store, cache, _):
        askers = [asyncio.create_task(cache.get(ONE, "a")) for _ in range(5)]
        await settle()
        assert len(store.arriving.waiting) == 1
        await let_all(store)
        assert [row.version for row in await asyncio.gather(*askers)] == [1] * 5


async def test_nobody_joins_a_read_that_began_too_early() -> None:
    """Seen to fail when whatever is under way may be joined."""
    async with held(1) as (store, cache, clock):
        early = asyncio.create_task(cache.get(ONE, "a"))
        await settle()  # it has looked; its answer is on the way
        await store.write([one("a", 2)])
        clock.now += 0.1
        late = asyncio.create_task(cache.since(clock.now - 0.05).get(ONE, "a"))
        await let_all(store)
        assert [(await early).version, (await late).version] == [1, 2]
        clock.now += 0.01
        assert (await cache.get(ONE, "a")).version == 2  # whichever arrived last


async def test_of_two_reads_the_one_that_began_later_is_kept_whichever_arrives_last() -> None:
    async with held(1) as (store, cache, clock):
        early = asyncio.create_task(cache.get(ONE, "a"))
        await settle()
        await store.write([one("a", 2)])
        clock.now += 0.1
        late = asyncio.create_task(cache.since(clock.now - 0.05).get(ONE, "a"))
        await settle()
        store.arriving.let(1)
        assert (await late).version == 2
        store.arriving.let(0)
        assert (await early).version == 1
        assert (await cache.since(100.05).get(ONE, "a")).version == 2
        assert store.arriving.waiting == []


async def test_a_read_that_takes_longer_than_rows_are_kept_is_joined_by_nobody() -> None:
    async with held(1) as (store, cache, clock):
        first = asyncio.create_task(cache.get(ONE, "a"))
        await settle()
        clock.now += 1.5
        await store.write([one("a", 2)])
        second = asyncio.create_task(cache.get(ONE, "a"))
        await let_all(store)
        assert [(await first).version, (await second).version] == [1, 2]


async def test_an_asker_that_is_cancelled_takes_the_read_from_nobody() -> None:
    async with held(1) as (store, cache, _):
        gone, stays = (asyncio.create_task(cache.get(ONE, "a")) for _ in range(2))
        await settle()
        gone.cancel()
        await let_all(store)
        assert (await stays).version == 1
        assert gone.cancelled()
        assert (await cache.get(ONE, "a")).version == 1


class Failing(Counting):
    """Its reads fail until it is told otherwise."""

    failing = True

    async def around(self, read: Any, *question: Any) -> Any:
        """Reads, or raises StoreUnavailable."""
        answer = await super().around(read, *question)
        if self.failing:
            raise StoreUnavailable("away")
        return answer


async def test_an_error_is_told_to_all_who_asked_and_never_kept() -> None:
    store = Failing()
    cache = CachedStore(store, Answers(1.0, 1_000_000, clock=Clock()))
    outcomes = await asyncio.gather(*(cache.get(ONE, "a") for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert len(store.asked) == 1
    store.failing = False
    assert await cache.get(ONE, "a") is None
    assert len(store.asked) == 2


async def test_a_close_ends_what_is_under_way() -> None:
    async with held(1) as (store, cache, _):
        asker = asyncio.create_task(cache.get(ONE, "a"))
        await settle()
        await cache.answers.close()
        with pytest.raises(asyncio.CancelledError):
            await asker
        assert [task for task in asyncio.all_tasks() if task.get_name() == "cache-read"] == []
        assert store.arriving.waiting[0].cancelled()


class Version:
    """A row's version, with a size."""

    size = 100

    def __init__(self, version: int):
        self.version = version


UNIT = ("built", Made("versions"))


async def version(store: Store) -> Version:
    """What is built: of one row."""
    return Version((await store.get(ONE, "a")).version)


async def test_what_is_built_is_as_old_as_the_oldest_read_in_it() -> None:
    """Seen to fail where it counts as read when it is built."""
    async with held(1) as (store, cache, clock):
        store.arriving.open = True
        await cache.get(ONE, "a")
        await store.write([one("a", 2)])
        clock.now += 0.6
        assert (await cache.built(UNIT, version, lasting=0.0)).version == 1
        clock.now += 0.3
        assert cache.at_hand(UNIT).version == 1
        assert cache.since(clock.now - 0.4).at_hand(UNIT) is None
        clock.now += 0.2
        assert cache.at_hand(UNIT) is None
        assert (await cache.built(UNIT, version, lasting=0.0)).version == 2


async def test_what_should_last_is_built_of_what_is_read_late_enough_for_it() -> None:
    async with held(1) as (store, cache, clock):
        store.arriving.open = True
        await cache.get(ONE, "a")
        await store.write([one("a", 2)])
        clock.now += 0.6
        assert (await cache.built(UNIT, version, lasting=0.9)).version == 2
        clock.now += 0.9
        assert cache.at_hand(UNIT).version == 2


async def test_it_is_built_once_for_all_who_ask_and_anew_for_who_needs_a_later_one() -> None:
    """Seen to fail where who joins takes whatever lands."""
    async with held(1) as (store, cache, clock):
        kept = asyncio.create_task(cache.get(ONE, "a"))
        await let_all(store)
        assert (await kept).version == 1
        await store.write([one("a", 2)])
        clock.now += 0.2
        late = cache.since(clock.now - 0.1)
        askers = [asyncio.create_task(each.built(UNIT, version, lasting=0.0)) for each in (cache, cache, late)]
        await let_all(store)
        assert [(await asker).version for asker in askers] == [1, 1, 2]


def test_a_position_is_known_since_the_first_time_it_was_seen_to_be_passed() -> None:
    moments = PassedMoments()
    assert moments.since(0) is None
    moments.learn(5, 1.0)
    moments.learn(5, 2.0)
    moments.learn(8, 3.0)
    assert [moments.since(offset) for offset in (0, 4, 5, 7, 8)] == [1.0, 1.0, 3.0, 3.0, None]


def test_what_a_database_has_lost_is_known_only_once_it_is_seen_again() -> None:
    moments = PassedMoments()
    for end, moment in ((5, 1.0), (8, 2.0), (6, 3.0), (8, 4.0)):
        moments.learn(end, moment)
    assert [moments.since(offset) for offset in (4, 5, 6, 7, 8)] == [1.0, 3.0, 4.0, 4.0, None]


def test_of_what_is_too_long_ago_a_later_moment_is_told() -> None:
    moments = PassedMoments()
    for n in range(MOST_MOMENTS + 10):
        moments.learn(n + 1, float(n))
    assert moments.since(0) == moments.since(10) == 10.0
    assert moments.since(11) == 11.0


async def test_a_position_is_known_to_be_passed_when_the_answer_has_arrived_not_when_it_was_asked_for() -> None:
    """Seen to fail with the moment before `progress` is read."""
    async with held() as (store, cache, clock):
        store.arriving.open, store.progress_looking.open = True, False
        waiter = ProjectionWaiter(store, clock=clock)
        passed = asyncio.create_task(waiter.passed_since([Position("photos", 0, 0)]))
        await settle()
        clock.now += 0.1
        assert await cache.get(ONE, "a") is None
        clock.now += 0.1
        await store.write([one("a", 1)])
        await store.write(progress_rows("photos", 0, [(each.name, 1) for each in of_topic("photos")], offset=1))
        store.progress_looking.let(0)
        moment = await passed
        assert moment is not None
        assert (await cache.since(moment).get(ONE, "a")).version == 1
        await waiter.close()
