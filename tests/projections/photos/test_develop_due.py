"""Given photos, `develop_due` says which of them develop in which minute, and which of those are done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from events.generated import Event
from projections.photos.card import card_json
from projections.photos.develop_due import (
    DEVELOP_DAYS,
    DEVELOP_DUE,
    DEVELOP_MINUTES,
    DueDay,
    DueMinute,
    DuePhoto,
    due_minutes,
    due_photos,
    minute_of,
)
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests import given
from tests.given import ADA, BO, CARD, DAWN, DUSK, MORNING, TAKEN, named
from tests.projections.rows import OF_ADA, OF_BO, rows, stored

pytestmark = pytest.mark.anyio

TOOK = given.photo_taken()
DUE = DuePhoto("2026-06-20T07:00", OF_ADA, DUSK, ADA, TAKEN, MORNING, False)


def test_a_photo_is_due_in_its_minute_in_the_shard_of_its_owner() -> None:
    assert rows(DEVELOP_DUE, TOOK) == {DUE}
    assert rows(DEVELOP_MINUTES, TOOK) == {DueMinute(OF_ADA, "2026-06-20", "2026-06-20T07:00")}
    assert rows(DEVELOP_DAYS, TOOK) == {DueDay(OF_ADA, "2026-06-20")}


def test_a_filtered_photo_is_ready_with_its_card() -> None:
    (ready,) = rows(DEVELOP_DUE, TOOK, given.photo_filtered())
    assert ready == replace(DUE, card_json=card_json(CARD))
    assert (ready.filtered, ready.card) == (True, CARD)
    assert (DUE.filtered, DUE.card) == (False, None)


@pytest.mark.parametrize(
    "end",
    [given.photo_rejected(), given.photo_developed(), given.photo_deleted(), given.photo_taken_down()],
    ids=lambda end: type(end).__name__,
)
def test_a_photo_that_developed_or_ended_is_done(end: Event) -> None:
    done = replace(DUE, done=True)
    assert rows(DEVELOP_DUE, TOOK, end) == rows(DEVELOP_DUE, end, TOOK) == {done}
    assert rows(DEVELOP_DUE, end) == {DuePhoto("2026-06-20T07:00", OF_ADA, DUSK, done=True)}
    assert rows(DEVELOP_MINUTES, end) == rows(DEVELOP_DAYS, end) == set()


def test_a_minute_begins_with_its_first_moment_in_utc() -> None:
    first = datetime(2026, 6, 20, 7, 5, tzinfo=UTC)
    assert minute_of(first) == "2026-06-20T07:05"
    assert minute_of(first - timedelta(microseconds=1)) == "2026-06-20T07:04"
    assert minute_of(datetime(2026, 6, 20, 0, 30, tzinfo=timezone(timedelta(hours=2)))) == "2026-06-19T22:30"


async def test_the_minutes_in_which_something_is_due_are_found_in_order_both_ends_included() -> None:
    days = [given.photo_taken(photo_id=named(f"day {n}"), develops_at=MORNING + timedelta(days=n)) for n in (-1, 1, 0)]
    later = given.photo_taken(photo_id=DAWN, develops_at=MORNING + timedelta(minutes=1))
    of_bo = given.photo_taken(photo_id=named("of bo"), owner_id=BO, develops_at=MORNING + timedelta(minutes=9))
    store = await stored(*days, later, of_bo)
    yesterday, morning, after, tomorrow = "2026-06-19T07:00", "2026-06-20T07:00", "2026-06-20T07:01", "2026-06-21T07:00"
    assert await due_minutes(store, OF_ADA, since="", until=tomorrow) == [yesterday, morning, after, tomorrow]
    assert await due_minutes(store, OF_ADA, since="", until="2026-06-21T06:59") == [yesterday, morning, after]
    assert await due_minutes(store, OF_ADA, since=morning, until=after) == [morning, after]
    assert await due_minutes(store, OF_ADA, since=after, until=after) == [after]
    assert await due_minutes(store, OF_ADA, since=morning, until=morning) == [morning]
    assert await due_minutes(store, OF_ADA, since="2026-06-20T07:02", until="2026-06-21T06:59") == []
    assert await due_minutes(store, OF_BO, since="", until=tomorrow) == ["2026-06-20T07:09"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
async def test_all_photos_of_a_minute_are_read_whatever_the_size_of_a_read(size: int) -> None:
    photos = [given.photo_taken(photo_id=named(f"photo {n}")) for n in range(4)]
    done = given.photo_deleted(photo_id=named("photo 2"))
    store = await stored(*photos, done)
    found = await due_photos(store, OF_ADA, "2026-06-20T07:00", size)
    assert len(found) == 4
    assert {row.photo_id for row in found} == {photo.photo_id for photo in photos}
    assert {row.photo_id for row in found if row.done} == {named("photo 2")}
    assert await due_photos(store, OF_BO, "2026-06-20T07:00", size) == []
    assert await due_photos(store, OF_ADA, "2026-06-20T07:01", size) == []


async def test_a_day_may_have_something_due_in_each_of_its_minutes() -> None:
    minutes = [f"2026-06-20T{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
    store = MemoryStore()
    await store.write([Stamped(DEVELOP_DAYS.upsert(shard=3, day="2026-06-20"), 1)])
    rows = [DEVELOP_MINUTES.upsert(shard=3, day="2026-06-20", minute=minute) for minute in minutes]
    await store.write([Stamped(row, 1) for row in rows])
    assert await due_minutes(store, 3, since="", until="2026-06-20T23:59") == minutes
