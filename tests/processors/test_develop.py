"""A photo develops once its time has come and it is filtered: never before, never twice, never not at all."""

from datetime import timedelta

import pytest

from events.generated import PhotoDeveloped
from processors.develop import Develop, low_water
from processors.transport.lease import Lease
from tests.processors.world import PARTITION, PARTITION_OF_OWNER, World, deleted, filtered, taken

pytestmark = pytest.mark.anyio

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def tick(world: World, develop: Develop) -> list[PhotoDeveloped]:
    """What one look through the minutes develops; it isn't folded yet."""
    before = len(world.published)
    await develop.tick(PARTITION_OF_OWNER, Lease.of())
    return [event for event in world.published[before:] if isinstance(event, PhotoDeveloped)]


async def test_a_filtered_photo_develops_at_its_time_and_not_a_moment_before() -> None:
    world = World()
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    world.now += HOUR - timedelta(milliseconds=1)
    assert await tick(world, develop) == []
    world.now += timedelta(milliseconds=1)
    [event] = await tick(world, develop)
    assert event.photo_id == taken(1).photo_id
    assert event.occurred_at == taken(1).develops_at


async def test_a_photo_that_is_filtered_late_develops_then() -> None:
    world = World()
    await world.happen(taken(1))
    develop = world.develop()
    world.now += 30 * HOUR
    assert await tick(world, develop) == []
    await world.happen(filtered(1))
    assert len(await tick(world, develop)) == 1


async def test_a_photo_deleted_a_moment_before_never_develops() -> None:
    world = World()
    await world.happen(taken(1), filtered(1), deleted(1))
    world.now += HOUR
    assert await tick(world, world.develop()) == []


async def test_it_develops_once_while_its_event_is_on_the_way_and_by_the_same_id_after_a_crash() -> None:
    world = World()
    await world.happen(taken(1), filtered(1))
    world.now += HOUR
    develop = world.develop()
    [first] = await tick(world, develop)
    assert await tick(world, develop) == []
    [again] = await tick(world, world.develop())
    assert again == first


async def test_the_low_water_rises_past_what_is_done_and_no_further() -> None:
    world = World()
    await world.happen(taken(1), filtered(1), taken(2, HOUR + MINUTE))
    develop = world.develop()
    world.now += 2 * HOUR
    assert len(await tick(world, develop)) == 1
    await world.happen()
    assert await tick(world, develop) == []
    assert (await low_water(world.store, PARTITION))[0] == "2026-06-19T13:01"
    await world.happen(filtered(2, HOUR + MINUTE))
    assert len(await tick(world, develop)) == 1
    await world.happen()
    await tick(world, develop)
    assert (await low_water(world.store, PARTITION))[0] == "2026-06-19T14:00"


async def test_a_photo_projected_after_its_minute_has_passed_still_develops() -> None:
    world = World()
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    handler = world.handler(develop)
    world.now += 100 * HOUR
    assert len(await tick(world, develop)) == 1
    await world.happen()
    await tick(world, develop)
    await tick(world, develop)
    assert (await low_water(world.store, PARTITION))[0] == "2026-06-23T16:00"

    await world.log.append(taken(2), filtered(2))  # in the log, not in the read models
    await world.feed(handler, "photos")
    assert await tick(world, develop) == []
    assert (await low_water(world.store, PARTITION))[0] == "2026-06-19T13:00"
    await world.happen()
    assert [event.photo_id for event in await tick(world, develop)] == [taken(2).photo_id]


async def test_a_whole_minutes_photos_develop_in_one_look() -> None:
    world = World()
    await world.happen(*(event for n in range(120) for event in (taken(n), filtered(n))))
    world.now += HOUR
    developed = await tick(world, world.develop())
    assert {event.photo_id for event in developed} == {taken(n).photo_id for n in range(120)}
