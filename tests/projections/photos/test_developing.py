"""When the next photo develops, and the newest of many rolls: in two requests, and as a plain look at all says."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from events.generated import Event
from projections.photos.developing import ROWS, TIMES
from projections.photos.photos_of_user import developing_next_of_user
from projections.photos.roll_feed import developing_next, newest_in_rolls
from tests import given
from tests.given import ADA, BO, LAKE, MORNING, named
from tests.projections.counting import CountingStore
from tests.projections.rows import stored

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
# The hour at which each photo develops, and whether it was taken out, or deleted (2: rejected).
photos = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0, 0, 1, 2])), max_size=20)


def at(hour: int) -> datetime:
    """So many hours after the morning."""
    return MORNING + hour * HOUR


def first(drawn_photos: list[tuple[int, int]], now: int) -> datetime | None:
    """When the first photo that stands develops, of those after `now`."""
    return min((at(hour) for hour, gone in drawn_photos if not gone and hour > now), default=None)


@settings(deadline=None)
@example(drawn_photos=[(1, 0), (1, 1)] * 30, now=0)
@drawn(drawn_photos=photos, now=st.integers(0, 60))
async def test_a_rolls_next_is_the_first_that_was_not_taken_out(drawn_photos: list[tuple[int, int]], now: int) -> None:
    events: list[Event] = []
    for number, (hour, gone) in enumerate(drawn_photos):
        facts = {"photo_id": named(f"photo {number}"), "develops_at": at(hour)}
        added = given.photo_added_to_roll(**facts)
        events += [added, given.photo_removed_from_roll(**facts, placement_id=added.event_id)] if gone else [added]
    assert await developing_next(await stored(*events), LAKE, at(now)) == first(drawn_photos, now)


@settings(deadline=None)
@drawn(drawn_photos=photos, now=st.integers(0, 60))
async def test_a_persons_next_is_the_first_that_stands(drawn_photos: list[tuple[int, int]], now: int) -> None:
    events: list[Event] = []
    for number, (hour, gone) in enumerate(drawn_photos):
        facts = {"photo_id": named(f"photo {number}"), "develops_at": at(hour)}
        ends = [[], [given.photo_deleted(**facts)], [given.photo_rejected(**facts)]]
        events += [given.photo_taken(**facts), *ends[gone]]
    assert await developing_next_of_user(await stored(*events), ADA, at(now)) == first(drawn_photos, now)


@pytest.mark.parametrize("number", [1, TIMES, 3 * TIMES])
async def test_the_next_is_two_requests_however_much_is_to_come(number: int) -> None:
    facts = [{"photo_id": named(f"photo {n}"), "develops_at": at(n % 40)} for n in range(ROWS * number)]
    store = CountingStore(await stored(*(given.photo_added_to_roll(**each) for each in facts)))
    assert await developing_next(store, LAKE, at(-1)) == at(0)
    assert store.requests == 2
    store = CountingStore(await stored(*(given.photo_taken(**each) for each in facts)))
    assert await developing_next_of_user(store, ADA, at(-1)) == at(0)
    assert store.requests == 2


async def test_where_nothing_is_to_come_it_is_one_request() -> None:
    store = CountingStore(await stored(given.photo_added_to_roll(), given.photo_taken()))
    assert await developing_next(store, LAKE, MORNING) is None
    assert await developing_next_of_user(store, ADA, MORNING) is None
    assert await developing_next_of_user(store, BO, at(-9)) is None
    assert store.requests == 3


ROLLS = [named(f"roll {n}") for n in range(4)]
placed = st.lists(st.tuples(st.sampled_from(ROLLS), st.integers(-60, 20), st.booleans()), max_size=30)


@settings(deadline=None)
@example(placements=[(ROLLS[0], 1, False), (ROLLS[0], -24, False)], each=1)  # nothing of the newest day is due
@drawn(placements=placed, each=st.integers(1, 5))
async def test_the_newest_of_many_rolls_are_those_of_each(placements: list[tuple[UUID, int, bool]], each: int) -> None:
    events: list[Event] = []
    expected: dict[UUID, list[tuple[datetime, str, bool]]] = {roll: [] for roll in ROLLS}
    for number, (roll, hour, gone) in enumerate(placements):
        name = f"photo {number}"
        facts = {"photo_id": named(name), "roll_id": roll, "develops_at": at(hour) + number * timedelta(seconds=1)}
        added = given.photo_added_to_roll(**facts)
        events += [added, given.photo_removed_from_roll(**facts, placement_id=added.event_id)] if gone else [added]
        if facts["develops_at"] <= MORNING:
            expected[roll].append((facts["develops_at"], name, gone))
    store = CountingStore(await stored(*events))
    found = await newest_in_rolls(store, [*ROLLS, *ROLLS], MORNING, each)
    assert store.requests <= 2
    assert list(found) == ROLLS
    for roll, listed in expected.items():
        newest = sorted(listed, reverse=True)[:each]
        assert [row.photo_id for row in found[roll]] == [named(name) for _, name, gone in newest if not gone]
