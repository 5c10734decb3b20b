"""What develop keeps between two looks is its low water alone. It may be late, lost or another worker's; a photo must
develop nevertheless, by the same id.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

import pytest

from events.generated import Event, PhotoDeveloped
from processors.develop import LOW_WATER, Develop
from processors.handlers.batch import Partition
from tests.partitions import partition_of
from tests.processors.developing import CountingStore, act, developed, look
from tests.processors.world import (
    PARTITION,
    PARTITION_OF_OWNER,
    START,
    Meanwhile,
    World,
    filtered,
    rejected,
    somebody_in,
    taken,
    taken_down,
)

pytestmark = pytest.mark.anyio

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


async def test_photos_of_one_minute_develop_each_at_its_moment() -> None:
    world, early, late = World(), HOUR + 10 * SECOND, HOUR + 50 * SECOND
    await world.happen(taken(1, early), filtered(1, early), taken(2, late), filtered(2, late))
    develop = world.develop()
    world.now = START + late - timedelta(milliseconds=1)
    assert await look(world, develop) == [developed(1, early)]
    world.now = START + late
    assert await look(world, develop) == [developed(2, late)]


async def test_what_is_on_its_way_is_not_appended_again_however_long_it_takes() -> None:
    world = World(now=START + HOUR)
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    assert [len(await look(world, develop)) for _ in range(4)] == [1, 0, 0, 0]
    assert await look(world, world.develop()) == []


@pytest.mark.parametrize("end", [rejected(1), taken_down(1), developed(1)], ids=lambda end: type(end).__name__)
async def test_a_photo_that_is_done_does_not_develop(end: Event) -> None:
    world = World(now=START + 2 * HOUR)
    await world.happen(taken(1), filtered(1), end)
    develop = world.develop()
    assert await look(world, develop) == []
    assert await act(world, develop) == []


async def test_a_photo_without_its_photo_taken_waits_for_it() -> None:
    """Its PhotoTaken was set aside, and is redriven: only then is it known when it was taken."""
    world = World(now=START + HOUR)
    develop = world.develop()
    await world.happen(filtered(1), taken(2), filtered(2))
    assert await act(world, develop) == []
    assert await look(world, develop) == [developed(2)]
    await world.happen(taken(1))
    found = await act(world, develop) + await look(world, develop)  # by itself if its part was passed, or by a look
    assert found == [developed(1)]


async def test_a_partition_that_comes_back_goes_on_from_where_another_worker_took_it() -> None:
    """Seen to fail with the low water kept in memory over a rebalance: photos develop twice."""
    world = World(now=START + HOUR)
    first, second = world.develop(), world.develop()
    assert await look(world, first) == []
    await world.happen(taken(1), filtered(1))
    assert await look(world, second) == [developed(1)]
    first.assigned(frozenset({PARTITION_OF_OWNER}))
    assert await look(world, first) == []


async def test_a_view_that_stands_still_holds_up_nothing_that_it_has() -> None:
    """While a batch waits for it, what is due develops. Seen to fail with a wait that does nothing else."""
    world = World()
    await world.happen(taken(1), filtered(1), taken(2))
    await world.log.append(filtered(2), taken(3), filtered(3))  # the view stands still before these
    develop = world.develop()

    async def an_hour_later() -> None:
        assert world.published == []
        world.now += HOUR

    async def goes_on() -> None:
        assert world.published == [developed(1)]
        await world.catch_up()

    await act(world, develop, Meanwhile(an_hour_later, goes_on))
    await look(world, develop)  # of those that are new, what its look hadn't passed
    assert {event.event_id for event in world.published} == {developed(n).event_id for n in (1, 2, 3)}
    assert await look(world, develop) == []


async def test_the_offset_counts_as_processed_only_once_the_view_has_it() -> None:
    """So a crash while it waits loses nothing. Seen to fail without the wait: the photo never develops."""
    world = World(now=START + HOUR)
    await world.happen(taken(1))
    develop = world.develop()
    await act(world, develop)
    await look(world, develop)
    await world.log.append(filtered(1))
    with pytest.raises(AssertionError, match="waits for"):
        await act(world, develop)
    await world.catch_up()
    assert await act(world, world.develop()) == [developed(1)]


async def test_what_a_stalled_owner_still_writes_loses_against_who_has_seen_more() -> None:
    """Seen to fail with low waters stamped by the time of their write: the late photo never develops."""
    world = World(now=START)
    stalled = world.develop()
    await world.happen(taken(0, 2 * HOUR))
    await act(world, stalled)
    world.now = START + 2 * HOUR
    write, held = world.store.write, list[Any]()

    async def stall(rows: Any) -> None:
        held.append(rows)

    world.store.write = stall  # type: ignore[method-assign]
    await look(world, stalled)  # it has passed two o'clock, but its low water doesn't arrive
    world.store.write = write  # type: ignore[method-assign]
    second = world.develop()
    await world.happen(taken(1), filtered(1))
    assert await act(world, second) == []  # left to its next look; then it dies
    for late in held:
        await world.store.write(late)
    assert await look(world, world.develop()) == [developed(1)]


async def test_a_lost_low_water_develops_nothing_twice_that_is_projected() -> None:
    world = World(now=START + HOUR, folds_what_it_publishes=True)
    await world.happen(taken(1), filtered(1))
    assert await look(world, world.develop()) == [developed(1)]
    world.store._tables.pop(LOW_WATER.name)
    await world.happen(taken(2), filtered(2))
    assert await look(world, world.develop()) == [developed(2)]


async def test_forgetting_one_partition_leaves_the_others() -> None:
    world = World(store=CountingStore(), now=START + HOUR)
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    assert len(await look(world, develop)) == 1
    develop.assigned(frozenset({Partition("photos", PARTITION + 1)}))
    world.store._tables.pop(LOW_WATER.name)
    assert await look(world, develop) == []


async def test_a_look_is_at_one_partitions_photos() -> None:
    world, other = World(now=START + HOUR), somebody_in("photos", (PARTITION + 1) % 8)
    theirs = [replace(event, owner_id=other, photo_id=uuid5(other, "photo")) for event in (taken(1), filtered(1))]
    await world.happen(taken(1), filtered(1), *theirs)
    develop = world.develop()
    assert await look(world, develop) == [developed(1)]
    [event] = await look(world, develop, Partition("photos", partition_of("photos", other)))
    assert isinstance(event, PhotoDeveloped)
    assert event.owner_id == other


async def test_nothing_is_passed_while_the_database_does_not_say_what_time_it_is() -> None:
    world = World(now=START + HOUR)
    await world.happen(taken(1), filtered(1))
    answers = [START, START + HOUR - SECOND, START + HOUR]

    async def database_now() -> datetime:
        return answers.pop(0)

    develop = Develop(replace(world.tools(), database_now=database_now))
    assert [await look(world, develop) for _ in range(3)] == [[], [], [developed(1)]]
