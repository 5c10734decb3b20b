"""Who waits for a position is answered once every projection is past it, or when the time is over, and never later."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from events.positions import Position
from projections.catalog import of_topic
from projections.progress import progress_rows
from projections.progress_poller import POLL_SECONDS, ProgressPoller
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from tests.api.world import ApiWorld
from tests.travelling import clock, travel
from web.read_your_writes import MOST_SECONDS, ProjectionWaiter, projected_offset

PHOTOS = [(each.name, 1) for each in of_topic("photos")]


async def folded(store: MemoryStore, upto: int, behind: Mapping[str, int] | None = None, partition: int = 3) -> None:
    """All projections of the topic photos have folded a partition up to (exclusively) an offset, but for these."""
    for name, generation in PHOTOS:
        offset = (behind or {}).get(name, upto)
        await store.write(progress_rows("photos", partition, [(name, generation)], offset=offset))


def at(offset: int, partition: int = 3) -> Position:
    return Position("photos", partition, offset)


async def folded_upto(store: MemoryStore, topic: str, partition: int) -> int:
    """The offset below which all projections have folded a partition."""
    return projected_offset(topic, (await ProgressPoller(store).look([(topic, partition)]))[topic, partition])


class Failing(MemoryStore):
    """A store whose reads fail as it is told, and then work."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self._errors = list(errors)

    async def slice(self, *args: Any, **how: Any) -> list[Any]:
        if self._errors:
            raise self._errors.pop(0)
        return await super().slice(*args, **how)


def test_nothing_to_wait_for_is_past_at_once() -> None:
    assert travel(ProjectionWaiter(Failing(StoreUnavailable())).passed([]))


def test_a_position_is_past_once_the_next_one_is_wanted() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await folded(store, 42)
        waiting = ProjectionWaiter(store)
        assert await folded_upto(store, "photos", 3) == 42
        assert await waiting.passed([at(41)])
        assert clock() == 0.0
        assert not await waiting.passed([at(42)])
        assert clock() == MOST_SECONDS == 2.0
        await waiting.close()

    travel(scenario())


@pytest.mark.parametrize("name", [name for name, _ in PHOTOS])
def test_one_projection_that_is_behind_holds_up_the_answer(name: str) -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await folded(store, 42, behind={name: 41})
        waiting = ProjectionWaiter(store)
        assert await folded_upto(store, "photos", 3) == 41
        assert not await waiting.passed([at(41)])
        assert await waiting.passed([at(40)])
        await waiting.close()

    travel(scenario())


def test_a_projection_that_has_folded_nothing_is_at_the_beginning() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await store.write(progress_rows("photos", 3, PHOTOS[1:], offset=42))
        assert await folded_upto(store, "photos", 3) == 0
        assert await folded_upto(store, "deadletters", 3) > 10**18  # no projection reads those

    travel(scenario())


def test_of_several_positions_all_must_be_past() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await folded(store, 42)
        await folded(store, 7, partition=5)
        waiting = ProjectionWaiter(store)
        assert await waiting.passed([at(41), at(6, 5)])
        assert not await waiting.passed([at(41), at(7, 5)])
        assert not await waiting.passed([at(42), at(6, 5)])
        await waiting.close()

    travel(scenario())


def test_who_waits_is_answered_a_poll_after_the_workers_are_there() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        waiting = ProjectionWaiter(store)
        waiter = asyncio.create_task(waiting.passed([at(41)]))
        await asyncio.sleep(1.0)
        assert not waiter.done()
        await folded(store, 42)
        assert await waiter
        assert 1.0 <= clock() <= 1.0 + 2 * POLL_SECONDS
        await waiting.close()

    travel(scenario())


def test_each_waiter_gives_up_in_its_own_time_and_the_others_wait_on() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        waiting = ProjectionWaiter(store)
        patient = asyncio.create_task(waiting.passed([at(41)], 60.0))
        assert not await waiting.passed([at(41)], 0.5)
        assert clock() == 0.5
        assert not patient.done()
        await folded(store, 42)
        assert await patient
        await waiting.close()

    travel(scenario())


def test_nobody_polls_when_nobody_waits() -> None:
    async def scenario() -> None:
        waiting = ProjectionWaiter(MemoryStore())
        for _ in range(2):
            assert not await waiting.passed([at(0)])
            await asyncio.sleep(2 * POLL_SECONDS)
            assert [task for task in asyncio.all_tasks() if task.get_name() == "projection-waiter"] == []
        waiter = asyncio.create_task(waiting.passed([at(0)]))
        await asyncio.sleep(POLL_SECONDS)
        assert [task for task in asyncio.all_tasks() if task.get_name() == "projection-waiter"] != []
        await waiting.close()
        assert [task for task in asyncio.all_tasks() if task.get_name() == "projection-waiter"] == []
        assert not await waiter

    travel(scenario())


def test_as_many_may_wait_as_there_is_room_for_and_those_who_gave_up_make_room() -> None:
    async def scenario() -> None:
        waiting = ProjectionWaiter(MemoryStore(), most=2)
        for _ in range(2):
            before = clock()
            waiters = [asyncio.create_task(waiting.passed([at(0)])) for _ in range(2)]
            await asyncio.sleep(0.1)
            assert not await waiting.passed([at(0)])
            assert clock() == before + 0.1
            assert await asyncio.gather(*waiters) == [False, False]
            assert clock() == before + MOST_SECONDS
        await waiting.close()

    travel(scenario())


def test_a_store_that_is_away_for_a_moment_is_asked_again() -> None:
    async def scenario() -> None:
        store = Failing(StoreUnavailable("away"), StoreUnavailable("away"))
        await folded(store, 42)
        waiting = ProjectionWaiter(store)
        assert await waiting.passed([at(41)])
        assert clock() == pytest.approx(2 * POLL_SECONDS)
        await waiting.close()

    travel(scenario())


def test_any_other_failure_is_told_to_who_waits_and_ends_no_other_wait() -> None:
    async def scenario() -> None:
        store = Failing(RuntimeError("a bug"))
        await folded(store, 42)
        waiting = ProjectionWaiter(store)
        with pytest.raises(RuntimeError, match="a bug"):
            await waiting.passed([at(41)])
        assert await waiting.passed([at(41)])
        await waiting.close()

    travel(scenario())


def test_a_position_that_was_passed_stays_so_when_its_partition_can_no_longer_be_read() -> None:
    class PhotosFail(MemoryStore):
        async def slice(self, table: Any, *partition: Any, **how: Any) -> list[Any]:
            if partition == ("photos", 3) and clock() > 0.5:
                raise RuntimeError("a bug")
            return await super().slice(table, *partition, **how)

    async def scenario() -> None:
        store = PhotosFail()
        await folded(store, 42)
        waiting = ProjectionWaiter(store)
        waiter = asyncio.create_task(waiting.passed([at(41), at(6, 5)]))
        await asyncio.sleep(1.0)
        assert not waiter.done()
        await folded(store, 7, partition=5)
        assert await waiter
        await waiting.close()

    travel(scenario())


def test_a_read_waits_two_seconds_for_its_positions_and_then_says_that_it_is_stale() -> None:
    async def scenario() -> None:
        world = ApiWorld()
        await world.given(world.person("ada"))
        ((topic, partition),) = world.log.partitions
        async with world.api() as api:
            for offset, seconds, stale in ((0, 0.0, None), (1, MOST_SECONDS, "true")):
                before = clock()
                answer = await api.get("ada", "/v1/me", Darkroom_After=f"{topic}-{partition}@{offset}")
                assert answer.status_code == 200
                assert answer.headers.get("darkroom-stale") == stale
                assert clock() - before == seconds

    travel(scenario())
