"""What develop keeps between two looks: its low water, the minutes it is done with, and what it has appended.

All of it may be late, stale or another worker's; a photo must develop nevertheless, and only once while it can be seen.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

import pytest

from events.generated import Event, PhotoDeveloped
from processors import develop as develop_module
from processors.develop import Develop, keep_low_water, low_water
from processors.handlers.batch import Partition
from projections.progress import next_offsets
from tests.given import CARD
from tests.partitions import partition_of
from tests.processors.world import (
    OWNER,
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

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def look(world: World, develop: Develop, where: Partition = PARTITION_OF_OWNER) -> list[Event]:
    """What one look through the minutes appends; it isn't folded yet."""
    before = len(world.published)
    await develop.tick(where, Meanwhile())
    return world.published[before:]


async def act(world: World, develop: Develop) -> None:
    """Hands the develop what is new in the log."""
    await world.feed(world.handler(develop), "photos")


async def kept(world: World) -> str:
    return (await low_water(world.store, PARTITION))[0]


def developed(number: int, due: timedelta) -> PhotoDeveloped:
    """The fact that the nth photo has developed, word for word."""
    photo = uuid5(OWNER, f"photo {number}")
    return PhotoDeveloped(
        event_id=uuid5(photo, "PhotoDeveloped"),
        occurred_at=START + due,
        actor_id=OWNER,
        photo_id=photo,
        owner_id=OWNER,
        taken_at=START,
        develops_at=START + due,
        on_profile=True,
        card=CARD,
    )


async def test_photos_of_one_minute_develop_each_in_its_second() -> None:
    world, early, late = World(), HOUR + 10 * SECOND, HOUR + 50 * SECOND
    await world.happen(taken(1, early), filtered(1, early), taken(2, late), filtered(2, late))
    develop = world.develop()
    world.now = START + late - timedelta(milliseconds=1)
    assert await look(world, develop) == [developed(1, early)]
    await world.catch_up()
    world.now = START + late
    assert await look(world, develop) == [developed(2, late)]


async def test_what_is_on_its_way_is_not_appended_again_however_long_it_takes() -> None:
    world = World(now=START + HOUR)
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    assert [len(await look(world, develop)) for _ in range(4)] == [1, 0, 0, 0]


@pytest.mark.parametrize("end", [rejected(1), taken_down(1), developed(1, HOUR)], ids=lambda end: type(end).__name__)
async def test_a_photo_that_is_done_neither_develops_nor_holds_the_low_water(end: Event) -> None:
    world = World(now=START + 2 * HOUR)
    await world.happen(taken(1), filtered(1), end)
    assert await look(world, world.develop()) == []
    assert await kept(world) == "2026-06-19T14:00"


async def test_a_photo_in_a_minute_that_was_done_with_develops() -> None:
    """Seen to fail if a finished minute stays one when a photo comes for it."""
    world = World(now=START + 2 * HOUR)
    develop, due = world.develop(), HOUR + MINUTE
    await world.happen(taken(1), taken(2, due), filtered(2, due))  # the first isn't filtered: its minute stays
    await act(world, develop)
    assert await look(world, develop) == [developed(2, due)]
    await world.catch_up()
    assert await look(world, develop) == []
    assert await kept(world) == "2026-06-19T13:00"

    await world.log.append(taken(3, due), filtered(3, due))
    await act(world, develop)
    assert await look(world, develop) == []  # its minute is empty as yet, and must not be done with again
    await world.catch_up()
    assert await look(world, develop) == [developed(3, due)]


async def test_the_low_water_waits_for_a_photo_that_is_next_to_be_folded() -> None:
    world = World(now=START + DAY)
    develop = world.develop()
    await world.happen(taken(1, 2 * HOUR), filtered(1, 2 * HOUR), rejected(1, 2 * HOUR))
    await world.log.append(taken(2))
    await act(world, develop)
    assert (await next_offsets(world.store, "photos", PARTITION))["develop_due", 1] == 3
    await look(world, develop)
    assert await kept(world) == "2026-06-19T13:00"
    await world.happen(rejected(2))
    await look(world, develop)
    assert await kept(world) == "2026-06-20T12:00"


async def test_the_low_water_waits_for_the_earliest_of_several_late_photos() -> None:
    world = World(now=START + DAY)
    develop = world.develop()
    await look(world, develop)
    await world.log.append(taken(1, 3 * HOUR), taken(2, 2 * HOUR), taken(3, 4 * HOUR))
    await act(world, develop)
    assert await kept(world) == "2026-06-19T14:00"
    await look(world, develop)
    assert await kept(world) == "2026-06-19T14:00"


async def test_a_photo_that_is_not_late_leaves_the_low_water() -> None:
    world = World(now=START)
    develop = world.develop()
    await look(world, develop)
    await look(world, develop)
    await world.log.append(taken(1))
    await act(world, develop)
    assert await low_water(world.store, PARTITION) == ("2026-06-19T12:00", 1)


@pytest.mark.parametrize(("before", "found"), [(2 * DAY, True), (2 * DAY + MINUTE, False)])
async def test_a_new_owner_looks_two_days_back(before: timedelta, found: bool) -> None:
    """The last write of the low water may be a stalled worker's. Seen to fail without the look back."""
    world = World(now=START + 5 * DAY)
    due = 4 * DAY - before
    await world.happen(taken(1, due), filtered(1, due))
    await keep_low_water(world.store, PARTITION, "2026-06-23T12:00", 7)
    assert await look(world, world.develop()) == ([developed(1, due)] if found else [])


async def test_a_new_owners_low_water_outdoes_the_last_ones() -> None:
    """Its versions go on where the last owner's ended: what it takes back stays taken back."""
    world = World(now=START + 9 * DAY)
    await keep_low_water(world.store, PARTITION, "2026-06-28T12:00", 7)
    await world.log.append(taken(1), filtered(1))
    await act(world, world.develop())  # which dies then
    assert await low_water(world.store, PARTITION) == ("2026-06-19T13:00", 8)
    await world.catch_up()
    assert await look(world, world.develop()) == [developed(1, HOUR)]


async def test_a_partition_that_comes_back_is_looked_at_from_where_another_worker_took_it() -> None:
    """Seen to fail with the low water kept over a rebalance: the photo stays hidden."""
    world = World(now=START + 9 * DAY)
    first = world.develop()
    await look(world, first)
    await world.log.append(taken(1), filtered(1))
    await act(world, world.develop())  # another worker, which dies then
    await world.catch_up()
    first.assigned(frozenset({PARTITION_OF_OWNER}))
    await act(world, first)
    assert await look(world, first) == [developed(1, HOUR)]


async def test_a_partition_that_comes_back_has_no_minute_that_is_done_with() -> None:
    """Seen to fail with the finished minutes kept over a rebalance."""
    world, due = World(now=START + 2 * HOUR), HOUR + MINUTE
    first = world.develop()
    await world.happen(taken(1), taken(2, due), filtered(2, due), rejected(2, due))
    await act(world, first)
    await look(world, first)
    await world.log.append(taken(3, due), filtered(3, due))
    await act(world, world.develop())  # another worker, which dies then
    await world.catch_up()
    first.assigned(frozenset({PARTITION_OF_OWNER}))
    await act(world, first)
    assert await look(world, first) == [developed(3, due)]


async def test_forgetting_one_partition_leaves_the_others() -> None:
    world = World(now=START + HOUR)
    await world.happen(taken(1), filtered(1))
    develop = world.develop()
    assert len(await look(world, develop)) == 1
    develop.assigned(frozenset({Partition("photos", PARTITION + 1)}))
    assert await look(world, develop) == []


async def test_a_look_is_at_one_partitions_photos() -> None:
    world, other = World(now=START + HOUR), somebody_in("photos", (PARTITION + 1) % 8)
    theirs = [replace(event, owner_id=other, photo_id=uuid5(other, "photo")) for event in (taken(1), filtered(1))]
    await world.happen(taken(1), filtered(1), *theirs)
    develop = world.develop()
    assert await look(world, develop) == [developed(1, HOUR)]
    [event] = await look(world, develop, Partition("photos", partition_of("photos", other)))
    assert isinstance(event, PhotoDeveloped)
    assert event.owner_id == other


async def test_a_minutes_photos_are_appended_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(develop_module, "IN_BULK", 2)
    world = World(now=START + HOUR)
    await world.happen(*(event for n in range(5) for event in (taken(n), filtered(n))))
    develop = world.develop()
    assert {event.event_id for event in await look(world, develop)} == {developed(n, HOUR).event_id for n in range(5)}
    assert world.rounds == [2, 2, 1]
    assert await look(world, develop) == []
