"""Given where a photo was put, `rolls_of_photo` holds each placement, and those that hold now are found."""

import pytest

from projections.photos.rolls_of_photo import PAGE, ROLLS_OF_PHOTO, Placement, placements
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests import given
from tests.given import DAWN, DEN, DUSK, LAKE, MORNING, named
from tests.projections.rows import rows, stored

pytestmark = pytest.mark.anyio

ADDED, REMOVED = given.photo_added_to_roll(), given.photo_removed_from_roll()
TO_DEN = given.photo_added_to_roll(roll_id=DEN)
AGAIN = given.photo_added_to_roll(occurred_at=MORNING)
KEY = {"photo_id": DUSK, "roll_id": LAKE}


def test_a_placement_begins_and_ends_whatever_comes_first() -> None:
    assert rows(ROLLS_OF_PHOTO, ADDED) == {Placement(DUSK, LAKE, ADDED.event_id, True, None)}
    assert rows(ROLLS_OF_PHOTO, REMOVED) == {Placement(DUSK, LAKE, ADDED.event_id, None, True)}
    ended = {Placement(DUSK, LAKE, ADDED.event_id, True, True)}
    assert rows(ROLLS_OF_PHOTO, ADDED, REMOVED) == rows(ROLLS_OF_PHOTO, REMOVED, ADDED) == ended


def test_each_roll_and_each_placement_in_it_has_a_row() -> None:
    assert rows(ROLLS_OF_PHOTO, ADDED, TO_DEN, AGAIN, REMOVED) == {
        Placement(DUSK, LAKE, ADDED.event_id, True, True),
        Placement(DUSK, LAKE, AGAIN.event_id, True),
        Placement(DUSK, DEN, TO_DEN.event_id, True),
    }


async def test_the_placements_that_hold_are_those_that_began_and_have_not_ended() -> None:
    only_its_end = given.photo_removed_from_roll(roll_id=named("another roll"))
    store = await stored(ADDED, TO_DEN, AGAIN, REMOVED, only_its_end)
    assert {row.placement_id for row in await placements(store, DUSK)} == {AGAIN.event_id, TO_DEN.event_id}
    assert await placements(store, DAWN) == []


@pytest.mark.parametrize("number", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
async def test_all_placements_are_found_whether_or_not_they_fill_a_read(number: int) -> None:
    store = MemoryStore()
    ids = [named(f"placement {n}") for n in range(number)]
    await store.write([Stamped(ROLLS_OF_PHOTO.upsert(**KEY, placement_id=each, begun=True), 1) for each in ids])
    assert sorted(row.placement_id for row in await placements(store, DUSK)) == sorted(ids)
