"""Given photos that ended, `removals_due` says in which hour, so that their objects are removed some time after it."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from events.generated import Event
from projections.photos.due import Mark
from projections.photos.removals_due import (
    REMOVALS_DUE,
    REMOVALS_DUE_HOURS,
    DueHour,
    DueRemoval,
    due_hours,
    ended_photos,
    hour_of,
)
from tests import given
from tests.given import BO, DAWN, DUSK, NOON, named
from tests.projections.rows import OF_ADA, OF_BO, rows, stored

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "end", [given.photo_rejected(), given.photo_deleted(), given.photo_taken_down()], ids=lambda end: type(end).__name__
)
def test_an_ended_photo_is_in_the_hour_of_its_end_in_the_shard_of_its_owner(end: Event) -> None:
    assert rows(REMOVALS_DUE, end) == {DueRemoval("2026-06-19T12", OF_ADA, DUSK)}
    assert rows(REMOVALS_DUE_HOURS, end) == {DueHour(OF_ADA, "2026-06-19T12")}


def test_a_photo_that_goes_on_is_in_none() -> None:
    events = [given.photo_taken(), given.photo_filtered(), given.photo_developed(), given.photo_added_to_roll()]
    assert rows(REMOVALS_DUE, *events) == rows(REMOVALS_DUE_HOURS, *events) == set()


def test_hours_are_of_utc() -> None:
    assert hour_of(datetime(2026, 6, 20, 0, 59, 59, tzinfo=timezone(2 * HOUR))) == "2026-06-19T22"
    assert hour_of(datetime(2026, 6, 19, 22, tzinfo=UTC)) == "2026-06-19T22"


async def test_hours_are_found_one_after_the_other() -> None:
    ends = [given.photo_deleted(photo_id=named(f"photo {n}"), occurred_at=NOON + n * HOUR) for n in (0, 3, 1)]
    store = await stored(*ends, given.photo_deleted(photo_id=DAWN, owner_id=BO, occurred_at=NOON - HOUR))

    async def hours(shard: int, after: str, upto: str) -> list[str]:
        return [hour async for hour in due_hours(store, shard, after=after, upto=upto)]

    noon, one, three = "2026-06-19T12", "2026-06-19T13", "2026-06-19T15"
    assert await hours(OF_ADA, "", three) == [noon, one, three]
    assert await hours(OF_ADA, noon, three) == [one, three]
    assert await hours(OF_ADA, one, "2026-06-19T14") == []
    assert await hours(OF_ADA, three, "2026-06-19T23") == []
    assert await hours(OF_BO, "", "2026-06-19T23") == ["2026-06-19T11"]


async def test_photos_are_read_so_many_at_a_time() -> None:
    photos = sorted(named(f"photo {n}") for n in range(3))
    later = given.photo_deleted(photo_id=DAWN, occurred_at=NOON + HOUR)
    store = await stored(*(given.photo_deleted(photo_id=photo) for photo in photos), later)

    async def ended(shard: int, after: Mark) -> list[tuple[list[UUID], Mark]]:
        found = ended_photos(store, shard, after=after, upto="2026-06-19T12", size=2)
        return [([row.photo_id for row in rows], mark) async for rows, mark in found]

    noon = "2026-06-19T12"
    assert await ended(OF_ADA, Mark()) == [(photos[:2], Mark(noon, photos[1])), (photos[2:], Mark(noon))]
    assert await ended(OF_ADA, Mark(noon, photos[1])) == [(photos[2:], Mark(noon))]
    assert await ended(OF_ADA, Mark(noon)) == []
    assert await ended(OF_BO, Mark()) == []
