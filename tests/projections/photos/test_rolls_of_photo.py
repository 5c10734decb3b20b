"""Given where a photo was put, `rolls_of_photo` holds each placement, and those that hold now are found."""

import pytest

from projections import rolls_of_photo
from projections.rolls_of_photo import ROLLS_OF_PHOTO, Placement, placements
from tests import given
from tests.given import DAWN, DEN, DUSK, LAKE, MORNING, named
from tests.kit import run
from tests.projections.rows import rows, store_of

ADDED, REMOVED = given.photo_added_to_roll(), given.photo_removed_from_roll()
TO_DEN = given.photo_added_to_roll(roll_id=DEN)
AGAIN = given.photo_added_to_roll(occurred_at=MORNING)


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


def test_the_placements_that_hold_are_those_that_began_and_have_not_ended() -> None:
    only_its_end = given.photo_removed_from_roll(roll_id=named("another roll"))

    async def scenario() -> None:
        assert {row.placement_id for row in await placements(store, DUSK)} == {AGAIN.event_id, TO_DEN.event_id}
        assert await placements(store, DAWN) == []

    store = store_of(ADDED, TO_DEN, AGAIN, REMOVED, only_its_end)
    run(scenario())


@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_all_placements_are_found_whatever_the_size_of_a_read(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(rolls_of_photo, "PAGE", page)
    added = [given.photo_added_to_roll(roll_id=named(f"roll {n % 2}"), occurred_at=given.minutes(n)) for n in range(4)]

    async def scenario() -> None:
        found = await placements(store, DUSK)
        assert sorted(row.placement_id for row in found) == sorted(each.event_id for each in added)

    store = store_of(*added)
    run(scenario())
