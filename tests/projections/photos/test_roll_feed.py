"""Given what was put into a roll, `roll_feed` lists it by when it develops; what is in the roll and due is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.generated import PhotoAddedToRoll
from projections.photos.card import card_json
from projections.photos.roll_feed import (
    ROLL_FEED,
    ROLL_FEED_BUCKETS,
    ROLL_FEED_TIMES,
    RollDay,
    RollPhoto,
    RollTime,
    roll_photo_candidates,
)
from tests import given
from tests.given import ADA, CARD, DEN, DUSK, LAKE, MORNING, TAKEN, named
from tests.projections.rows import rows, stored

pytestmark = pytest.mark.anyio

ADDED, REMOVED = given.photo_added_to_roll(), given.photo_removed_from_roll()
MIDNIGHT = datetime(2026, 6, 21, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def added(name: str, develops_at: datetime, taken_at: datetime = TAKEN) -> PhotoAddedToRoll:
    """A photo in the roll of the lake."""
    return given.photo_added_to_roll(photo_id=named(name), develops_at=develops_at, taken_at=taken_at)


def test_a_placement_is_listed_on_the_day_on_which_its_photo_develops() -> None:
    listed = RollPhoto(f"{LAKE}/2026-06-20", MORNING, TAKEN, DUSK, ADDED.event_id, ADA, None)
    assert rows(ROLL_FEED, ADDED) == {listed}
    assert rows(ROLL_FEED_BUCKETS, ADDED) == {RollDay(LAKE, "2026-06-20")}
    assert rows(ROLL_FEED_TIMES, ADDED) == {RollTime(LAKE, MORNING)}
    assert rows(ROLL_FEED_BUCKETS, added("a", MIDNIGHT - MOMENT), added("b", MIDNIGHT)) == {
        RollDay(LAKE, "2026-06-20"),
        RollDay(LAKE, "2026-06-21"),
    }


def test_a_removal_ends_the_placement_that_it_names_whenever_it_comes() -> None:
    gone = RollPhoto(f"{LAKE}/2026-06-20", MORNING, TAKEN, DUSK, ADDED.event_id, ADA, True)
    assert rows(ROLL_FEED, ADDED, REMOVED) == rows(ROLL_FEED, REMOVED, ADDED) == {gone}
    assert rows(ROLL_FEED, REMOVED) == {replace(gone, owner_id=None)}
    assert rows(ROLL_FEED_BUCKETS, REMOVED) == rows(ROLL_FEED_TIMES, REMOVED) == set()


def test_a_placement_has_its_photos_card_once_it_has_developed_in_the_roll() -> None:
    developed = given.photo_developed_in_roll()
    shown = RollPhoto(f"{LAKE}/2026-06-20", MORNING, TAKEN, DUSK, ADDED.event_id, ADA, None, card_json(CARD))
    assert rows(ROLL_FEED, ADDED, developed) == rows(ROLL_FEED, developed, ADDED) == {shown}
    assert shown.card == CARD
    assert rows(ROLL_FEED, developed, REMOVED) == {replace(shown, owner_id=None, ended=True)}
    assert rows(ROLL_FEED_BUCKETS, developed) == rows(ROLL_FEED_TIMES, developed) == set()


@pytest.mark.parametrize("lacking", ["card", "taken_at", "develops_at"])
def test_what_was_appended_before_there_were_cards_sets_nothing(lacking: str) -> None:
    old = replace(given.photo_developed_in_roll(), **{lacking: None})
    (row,) = rows(ROLL_FEED, ADDED, old)
    assert row.card is None
    assert rows(ROLL_FEED, old) == set()


async def test_a_photo_that_was_put_in_again_is_listed_once_more() -> None:
    again = given.photo_added_to_roll(occurred_at=MORNING)
    store = await stored(ADDED, again, REMOVED)
    found = await roll_photo_candidates(store, LAKE, MORNING)
    assert {row.placement_id: bool(row.ended) for row in found} == {again.event_id: False, ADDED.event_id: True}


async def test_what_was_taken_out_is_read_as_ended_and_what_is_in_another_roll_is_not_read() -> None:
    only_its_end = given.photo_removed_from_roll(photo_id=named("early"))
    elsewhere = given.photo_added_to_roll(photo_id=named("elsewhere"), roll_id=DEN)
    stays = added("stays", MORNING)
    store = await stored(ADDED, stays, REMOVED, only_its_end, elsewhere)
    found = await roll_photo_candidates(store, LAKE, MORNING)
    assert [row.photo_id for row in found if not row.ended] == [stays.photo_id]
    assert {row.photo_id for row in found if row.ended} == {DUSK, only_its_end.photo_id}


async def test_a_roll_is_read_newest_first_up_to_now_and_from_any_place_on() -> None:
    placements = [
        added("long ago", MORNING - timedelta(days=40)),
        added("the day before", MIDNIGHT - MOMENT),
        added("now, taken earlier", MIDNIGHT, TAKEN - MOMENT),
        added("now", MIDNIGHT),
        added("to come", MIDNIGHT + MOMENT),
    ]
    newest = [each.photo_id for each in reversed(placements)]
    store = await stored(*placements)

    async def read(now: datetime, size: int, after: tuple[object, ...] = ()) -> list[UUID]:
        return [row.photo_id for row in await roll_photo_candidates(store, LAKE, now, after, size)]

    for size in (1, 2, 50):
        assert await read(MIDNIGHT, size) == newest[1:][:size]
        assert await read(MIDNIGHT - MOMENT, size) == newest[3:][:size]
        assert await read(MORNING - timedelta(days=41), size) == []
        for place, each in enumerate(reversed(placements), 1):
            key = (each.develops_at, each.taken_at, each.photo_id, each.event_id)
            assert await read(MIDNIGHT, size, key) == newest[max(place, 1) :][:size]
