"""Given a person's photos, `photos_of_user` lists them by when they develop, and says which ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.generated import Event, PhotoTaken
from projections.photos.card import card_json
from projections.photos.photos_of_user import (
    PHOTOS_OF_USER,
    PHOTOS_OF_USER_BUCKETS,
    PHOTOS_OF_USER_TIMES,
    UserMonth,
    UserPhoto,
    UserTime,
    user_photo_candidates,
)
from tests import given
from tests.given import ADA, BO, CARD, DUSK, MORNING, TAKEN, named
from tests.projections.rows import rows, stored

pytestmark = pytest.mark.anyio

TOOK = given.photo_taken(on_profile=True)
JULY = datetime(2026, 7, 1, tzinfo=UTC)
JUNE = JULY - timedelta(milliseconds=1)


def photo(name: str, develops_at: datetime, taken_at: datetime = TAKEN) -> PhotoTaken:
    """A photo of Ada's."""
    return given.photo_taken(photo_id=named(name), develops_at=develops_at, taken_at=taken_at)


def test_a_photo_is_listed_in_the_month_in_which_it_develops() -> None:
    assert rows(PHOTOS_OF_USER, TOOK) == {UserPhoto(f"{ADA}/2026-06", MORNING, TAKEN, DUSK, True, None)}
    assert rows(PHOTOS_OF_USER_BUCKETS, TOOK) == {UserMonth(ADA, "2026-06")}
    assert rows(PHOTOS_OF_USER_TIMES, TOOK) == {UserTime(ADA, MORNING)}
    assert {row.on_profile for row in rows(PHOTOS_OF_USER, given.photo_taken())} == {False}
    assert rows(PHOTOS_OF_USER_BUCKETS, photo("a", JUNE), photo("b", JULY)) == {
        UserMonth(ADA, "2026-06"),
        UserMonth(ADA, "2026-07"),
    }


def test_a_photo_has_its_card_once_it_has_developed() -> None:
    shown = UserPhoto(f"{ADA}/2026-06", MORNING, TAKEN, DUSK, True, card_json=card_json(CARD))
    developed = given.photo_developed()
    assert rows(PHOTOS_OF_USER, TOOK, developed) == rows(PHOTOS_OF_USER, developed, TOOK) == {shown}
    assert shown.card == CARD
    assert rows(PHOTOS_OF_USER, replace(developed, card=None)) == set()  # appended before there were cards


@pytest.mark.parametrize("end", [given.photo_deleted(), given.photo_taken_down()], ids=["deleted", "taken down"])
def test_an_end_marks_the_photo_whenever_it_comes(end: Event) -> None:
    gone = UserPhoto(f"{ADA}/2026-06", MORNING, TAKEN, DUSK, True, True)
    assert rows(PHOTOS_OF_USER, TOOK, end) == rows(PHOTOS_OF_USER, end, TOOK) == {gone}
    assert rows(PHOTOS_OF_USER, end) == {UserPhoto(f"{ADA}/2026-06", MORNING, TAKEN, DUSK, None, True)}
    assert rows(PHOTOS_OF_USER_BUCKETS, end) == rows(PHOTOS_OF_USER_TIMES, end) == set()


def test_a_rejected_photo_stays_listed_and_says_so() -> None:
    rejected = UserPhoto(f"{ADA}/2026-06", MORNING, TAKEN, DUSK, True, None, True)
    assert rows(PHOTOS_OF_USER, TOOK, given.photo_rejected()) == {rejected}
    assert rows(PHOTOS_OF_USER, given.photo_rejected(), TOOK) == {rejected}


async def test_a_persons_photos_are_read_newest_first_up_to_now_and_from_any_place_on() -> None:
    millisecond = timedelta(milliseconds=1)
    photos = [
        photo("old", MORNING - timedelta(days=90)),
        photo("before", JUNE),
        photo("same time, taken earlier", JULY, TAKEN - millisecond),
        photo("now", JULY),
        photo("to come", JULY + millisecond),
    ]
    gone, early = photo("gone", MORNING), named("its end came first")
    ends = [
        given.photo_deleted(photo_id=gone.photo_id),
        given.photo_taken_down(photo_id=early, develops_at=MORNING),
    ]
    store = await stored(*photos, gone, *ends, given.photo_taken(photo_id=named("of bo"), owner_id=BO))
    newest = [each.photo_id for each in reversed(photos)]

    async def read(now: datetime | None, size: int, after: tuple[object, ...] = ()) -> list[UUID]:
        found = await user_photo_candidates(store, ADA, now, after, size)
        assert all(bool(row.ended) == (row.photo_id in (gone.photo_id, early)) for row in found)
        return [row.photo_id for row in found if not row.ended]

    for size in (1, 2, 50):
        assert await read(None, size) == newest[:size]
        assert await read(JULY, size) == newest[1:][:size]
    assert await read(JULY - millisecond, 50) == newest[3:]
    for place, each in enumerate(reversed(photos), 1):
        key = (each.develops_at, each.taken_at, each.photo_id)
        assert await read(None, 50, key) == newest[place:]
        assert await read(JULY, 50, key) == newest[max(place, 1) :]
