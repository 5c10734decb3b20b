"""Processes share what they read, in memory and in a real Valkey; and go on without it when it is gone, or slow."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from api.cache import fleet as fleet_module
from api.cache.answers import Answers
from api.cache.fleet import FleetAnswers
from api.cache.opening import opened_cache
from api.cache.redis_server import dialer, place_of
from api.cache.store import CachedStore
from api.cache.wire import NotAnAnswer, decoded, encoded, name_of
from events.reachability import Reachability
from events.settings import Settings
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests.api.cache.rows import MANY, NOON, ONE, Counting, Many, One, Turns, one
from tests.api.cache.servers import MemoryServer, Valkey, valkey
from tests.api.cache.test_rule import Clock

pytestmark = pytest.mark.anyio
T = TypeVar("T")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


class HeldCounting(Counting):
    """A store that tells what it was asked, whose answers wait for their turn."""

    def __init__(self) -> None:
        super().__init__()
        self.arriving = Turns()

    async def around(self, read: Callable[[], Awaitable[T]], *question: Any) -> T:
        """Reads."""
        answer = await super().around(read, *question)
        await self.arriving.turn()
        return answer


class Pair:
    """Two processes' caches over one store, with one clock that stands still unless it is moved."""

    def __init__(self, dial: fleet_module.Dial) -> None:
        self.store, self.clock = HeldCounting(), Clock()
        keyspace = f"test {uuid4()}"
        reachable = Reachability(logging.getLogger("darkroom.reachability"), "The shared cache")
        self.fleets = [
            FleetAnswers(dial, reachable, keyspace=keyspace, seconds=1.0, clock=self.clock) for _ in range(2)
        ]
        self.first, self.second = (
            CachedStore(self.store, Answers(1.0, 100_000, fleet=fleet, clock=self.clock)) for fleet in self.fleets
        )

    async def looked(self) -> None:
        """Both processes have looked a moment ago, so that they can date what is read from now on."""
        for cache in (self.first, self.second):
            await cache.get(ONE, f"something else {uuid4()}")
        self.clock.now += 0.1
        self.store.asked.clear()

    async def kept(self) -> None:
        """What was to be kept has arrived."""
        for fleet in self.fleets:
            while fleet._tasks:
                await asyncio.wait(fleet._tasks)


@pytest.fixture(params=["memory", "valkey"])
async def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Pair]:
    monkeypatch.setattr(fleet_module, "ANSWER_SECONDS", 30.0)  # this machine may be busy
    monkeypatch.setattr(fleet_module, "DIAL_SECONDS", 30.0)
    async with opened_pair(request) as pair:
        yield pair


@asynccontextmanager
async def opened_pair(request: pytest.FixtureRequest) -> AsyncGenerator[Pair]:
    if request.param == "memory":
        pair = Pair(MemoryServer(asyncio.get_running_loop().time).dial)
    else:
        pair = Pair(dialer(request.getfixturevalue("running").url))
    for fleet in pair.fleets:
        await fleet.connect()
    yield pair
    for cache in (pair.first, pair.second):
        await cache.answers.close()


async def test_what_one_process_has_read_the_other_needn_t(pair: Pair) -> None:
    rows = [MANY.upsert(group="a", at=NOON, number=n, text="é", photo=uuid4(), seen=False) for n in (-5, 2**40)]
    await pair.store.write([one("a", 1), *(Stamped(row, 1) for row in rows)])
    await pair.looked()
    for store in (pair.first, pair.second, pair.store):
        assert await store.get_many(ONE, [("a",), ("nobody",)]) == [One("a", 1), None]
        assert [row.number for row in await store.slice(MANY, "a")] == [2**40, -5]
        assert await store.slice(MANY, "a") == await MemoryStore.slice(pair.store, MANY, "a")
        await pair.kept()
    assert len(pair.store.asked) == 2 + 3


async def test_who_has_not_looked_since_its_moment_can_prove_nothing_and_reads(pair: Pair) -> None:
    await pair.looked()
    await pair.first.get(ONE, "a")
    await pair.kept()
    await pair.store.write([one("a", 1)])
    assert (await pair.second.since(pair.clock.now).get(ONE, "a")).version == 1
    assert await pair.first.get(ONE, "a") is None


async def test_who_joins_a_read_is_not_given_what_the_fleet_has_of_before_its_moment(pair: Pair) -> None:
    """Seen to fail where what a joined read finds isn't looked at again."""
    await pair.looked()
    await pair.first.get(ONE, "a")
    await pair.kept()
    await pair.store.write([one("a", 1)])
    moment, pair.clock.now = pair.clock.now, pair.clock.now + 0.1
    answers = await asyncio.gather(pair.second.get(ONE, "a"), pair.second.since(moment).get(ONE, "a"))
    assert answers == [None, One("a", 1)]


async def test_an_answer_has_the_number_of_the_look_before_its_read_however_late_it_is_kept(pair: Pair) -> None:
    """Seen to fail with a number that is taken when the answer is kept."""
    await pair.looked()
    arriving = pair.store.arriving
    arriving.open = False
    early = asyncio.create_task(pair.first.get(ONE, "a"))
    await arriving.stood.wait()
    arriving.open = True
    await pair.store.write([one("a", 1)])
    moment, pair.clock.now = pair.clock.now, pair.clock.now + 0.1
    await pair.second.get(ONE, "another look, after the moment")
    arriving.let_all()
    assert await early is None
    await pair.kept()
    assert (await pair.second.since(moment).get(ONE, "a")).version == 1


async def test_an_answer_that_is_too_old_for_its_asker_is_not_used(pair: Pair) -> None:
    await pair.looked()
    await pair.first.get(ONE, "a")
    await pair.kept()
    await pair.store.write([one("a", 1)])
    pair.clock.now += 0.95  # 1.05 s after the last look before the answer's
    assert (await pair.second.get(ONE, "a")).version == 1


async def test_a_server_that_has_forgotten_is_left_and_met_again(pair: Pair) -> None:
    await pair.looked()
    session = pair.fleets[0]._session
    assert session is not None
    await session.connection.transact([(b"DEL", session._counter)])
    assert await pair.first.get(ONE, "a") is None
    assert pair.fleets[0]._session is None


async def test_a_server_that_hangs_costs_a_moment_once_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    server = MemoryServer(loop.time)
    pair = Pair(server.dial)
    await pair.fleets[0].connect()
    server.hanging = True
    await asyncio.gather(*(pair.first.get(ONE, f"{n}") for n in range(5)))
    began = len(caplog.records)
    for n in range(5, 10):
        await pair.first.get(ONE, f"{n}")
    assert len(pair.store.asked) == 10
    assert [record.message for record in caplog.records] == ["The shared cache can't be reached: TimeoutError: "]
    assert began == 1
    server.hanging = False
    pair.clock.now += fleet_module.PAUSE_SECONDS
    await pair.first.get(ONE, "10")
    await pair.kept()
    assert pair.fleets[0]._session is not None
    assert "answers again" in caplog.records[-1].message
    await pair.first.answers.close()


async def test_a_killed_valkey_is_done_without_and_used_again_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fleet_module, "ANSWER_SECONDS", 30.0)
    monkeypatch.setattr(fleet_module, "DIAL_SECONDS", 30.0)
    with valkey(tmp_path) as server:
        pair = Pair(dialer(server.url))
        for fleet in pair.fleets:
            await fleet.connect()
        await pair.looked()
        server.stop()
        for name in "abc":
            assert await pair.first.get(ONE, name) is None
        assert len(pair.store.asked) == 3
        assert len([record for record in caplog.records if "can't be reached" in record.message]) == 1
        await asyncio.to_thread(server.start)
        for _ in range(3):  # one notices that its connection is gone, dials a pause later, and then looks
            pair.clock.now += fleet_module.PAUSE_SECONDS
            await pair.looked()
            await pair.kept()
        await pair.first.get(ONE, "d")
        await pair.kept()
        await pair.second.get(ONE, "d")
        assert [question[2] for question in pair.store.asked] == [("d",)]
        for cache in (pair.first, pair.second):
            await cache.answers.close()


async def test_a_valkey_that_stands_still_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fleet_module, "DIAL_SECONDS", 30.0)
    with valkey(tmp_path) as server:
        pair = Pair(dialer(server.url))
        await pair.fleets[0].connect()
        server.signal(signal.SIGSTOP)
        try:
            assert await pair.first.get(ONE, "a") is None
            assert "TimeoutError" in caplog.records[-1].message
        finally:
            server.signal(signal.SIGCONT)
        await pair.first.answers.close()


async def test_the_settings_open_it(running: Valkey) -> None:
    store = MemoryStore()
    async with opened_cache(Settings.model_validate({"cache": running.url}), store) as cache:
        assert cache is not None
        assert await cache.get(ONE, "a") is None
    async with opened_cache(Settings.model_validate({"cache_seconds": 0}), store) as cache:
        assert cache is None


def test_names_and_addresses() -> None:
    assert place_of("redis://:secret@cache.example:6380/1") == "cache.example:6380"
    assert place_of("rediss://cache.example") == "cache.example:6379"
    with pytest.raises(ValueError, match="scheme"):
        dialer("http://cache.example")
    units = [("row", ONE, ("a",)), ("row", ONE, ("b",)), ("slice", ONE, ("a",)), ("slice", MANY, ("a",), (), (), 1)]
    assert len({name_of(unit) for unit in units}) == len(units)


def test_what_is_no_answer_of_the_table_is_refused() -> None:
    unit = ("row", ONE, ("a",))
    kept = encoded(unit, One("a", 1), 7)
    assert decoded(unit, kept) == (7, One("a", 1))
    slice_unit = ("slice", MANY, ("a",), (), (), 1)
    for wrong in (kept[:-1], b"", kept + b"x", encoded(slice_unit, (Many("a", NOON, 1),), 7)):
        with pytest.raises(NotAnAnswer):
            decoded(unit, wrong)
    two = encoded(("slice", ONE, ("a",)), (One("a", 1), One("b", 1)), 7)
    with pytest.raises(NotAnAnswer):
        decoded(unit, two)
