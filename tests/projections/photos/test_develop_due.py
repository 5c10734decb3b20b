"""Given photos, `develop_due` says which of them develop at which moment, and which of those are done."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from events.generated import Event
from projections.photos.card import card_json
from projections.photos.develop_due import (
    DEVELOP_BUCKETS,
    DEVELOP_DAYS,
    DEVELOP_DUE,
    PARTS,
    DueBucket,
    DueDay,
    DuePhoto,
    any_due,
    bucket_of,
    due_buckets,
    due_photos,
    moment_of,
    photos_due_at,
)
from projections.photos.due import Mark
from tests import given
from tests.given import ADA, BO, CARD, DAWN, DUSK, MORNING, NOON, TAKEN, named
from tests.projections.rows import OF_ADA, OF_BO, rows, stored

pytestmark = pytest.mark.anyio

TOOK = given.photo_taken()
PART = f"2026-06-20T07:00:00.000/{DUSK.int % 8}"
DUE = DuePhoto(PART, OF_ADA, DUSK, ADA, TAKEN, MORNING, False)


def test_a_photo_is_due_in_its_part_of_a_moment_in_the_shard_of_its_owner() -> None:
    assert rows(DEVELOP_DUE, TOOK) == {DUE}
    assert rows(DEVELOP_BUCKETS, TOOK) == {DueBucket(OF_ADA, "2026-06-20", PART)}
    assert rows(DEVELOP_DAYS, TOOK) == {DueDay(OF_ADA, "2026-06-20")}


def test_a_filtered_photo_is_ready_with_its_card() -> None:
    (ready,) = rows(DEVELOP_DUE, TOOK, given.photo_filtered())
    assert ready == replace(DUE, card_json=card_json(CARD))
    assert (ready.card, DUE.card) == (CARD, None)


@pytest.mark.parametrize(
    "end",
    [given.photo_rejected(), given.photo_developed(), given.photo_deleted(), given.photo_taken_down()],
    ids=lambda end: type(end).__name__,
)
def test_a_photo_that_developed_or_ended_is_done(end: Event) -> None:
    done = replace(DUE, done=True)
    assert rows(DEVELOP_DUE, TOOK, end) == rows(DEVELOP_DUE, end, TOOK) == {done}
    assert rows(DEVELOP_DUE, end) == {DuePhoto(PART, OF_ADA, DUSK, done=True)}
    assert rows(DEVELOP_BUCKETS, end) == rows(DEVELOP_DAYS, end) == set()


def test_who_is_ready_is_taken_filtered_and_not_done() -> None:
    assert not DUE.ready
    assert replace(DUE, card_json="{}").ready
    assert not replace(DUE, card_json="{}", done=True).ready
    assert not replace(DUE, card_json="{}", owner_id=None).ready


def test_a_moment_is_told_to_the_millisecond_in_utc() -> None:
    first = datetime(2026, 6, 20, 7, 5, tzinfo=UTC)
    assert moment_of(first) == "2026-06-20T07:05:00.000"
    assert moment_of(first + timedelta(milliseconds=250, microseconds=999)) == "2026-06-20T07:05:00.250"
    assert moment_of(datetime(2026, 6, 20, 0, 30, tzinfo=timezone(timedelta(hours=2)))) == "2026-06-19T22:30:00.000"


def test_the_order_of_buckets_is_that_of_their_moments() -> None:
    moments = [MORNING + timedelta(milliseconds=n) for n in (-60_000, -1, 0, 1, 999, 1000, 86_400_000)]
    buckets = [bucket_of(moment, UUID(int=part)) for moment in moments for part in range(PARTS)]
    assert buckets == sorted(buckets)


def test_a_moments_photos_are_spread_over_its_parts() -> None:
    """300,000 at one moment in one log partition are far below 100,000 a part."""
    parts = Counter(bucket_of(MORNING, named(f"photo {n}")) for n in range(8000))
    assert len(parts) == PARTS
    assert max(parts.values()) < 1150


async def test_the_buckets_in_which_something_is_due_are_found_in_order_from_behind_one_up_to_a_moment() -> None:
    moments = {n: MORNING + timedelta(days=n) for n in (-1, 1, 0)} | {9: MORNING + timedelta(minutes=1)}
    photos = {n: given.photo_taken(photo_id=named(f"{n}"), develops_at=at) for n, at in moments.items()}
    of_bo = given.photo_taken(photo_id=DAWN, owner_id=BO, develops_at=MORNING + timedelta(minutes=9))
    store = await stored(*photos.values(), of_bo)
    yesterday, morning, after, tomorrow = (bucket_of(moments[n], photos[n].photo_id) for n in (-1, 0, 9, 1))

    async def buckets(upto: datetime, after: str = "", shard: int = OF_ADA) -> list[str]:
        return [bucket async for bucket in due_buckets(store, shard, after=after, upto=upto)]

    moment = timedelta(milliseconds=1)
    assert await buckets(moments[1]) == [yesterday, morning, after, tomorrow]
    assert await buckets(moments[1] - moment) == [yesterday, morning, after]
    assert await buckets(moments[1], yesterday) == [morning, after, tomorrow]
    assert await buckets(moments[1], morning) == [after, tomorrow]
    assert await buckets(moments[0], yesterday) == [morning]
    assert await buckets(moments[0], morning) == await buckets(moments[0], tomorrow) == []
    assert await buckets(moments[1], shard=OF_BO) == [bucket_of(of_bo.develops_at, DAWN)]
    assert await any_due(store, OF_ADA, after=Mark(yesterday), upto=moments[0])
    assert not await any_due(store, OF_ADA, after=Mark(morning), upto=moments[0])
    assert await any_due(store, OF_ADA, after=Mark(morning, DAWN), upto=moments[0])


async def test_the_last_moment_of_a_day_is_of_that_day() -> None:
    last = datetime(2026, 6, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    store = await stored(given.photo_taken(develops_at=last))
    moment = timedelta(milliseconds=1)

    async def found(upto: datetime, after: str = "") -> int:
        return len([bucket async for bucket in due_buckets(store, OF_ADA, after=after, upto=upto)])

    assert [await found(last - moment), await found(last), await found(last + moment)] == [0, 1, 1]
    assert await found(last, "2026-06-20T07:00:00.000/0") == await found(last, "2026-06-19T07:00:00.000/0") == 1


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
async def test_all_photos_of_a_moment_are_read_whatever_the_size_of_a_read(size: int) -> None:
    photos = [given.photo_taken(photo_id=named(f"photo {n}")) for n in range(4)]
    done = given.photo_deleted(photo_id=named("photo 2"))
    later = given.photo_taken(photo_id=DAWN, develops_at=MORNING + timedelta(milliseconds=1))
    store = await stored(*photos, done, later)

    async def due(shard: int) -> list[DuePhoto]:
        rows = due_photos(store, shard, after=Mark(), upto=MORNING, size=size)
        return [row async for some, _ in rows for row in some]

    found = await due(OF_ADA)
    assert len(found) == 4
    assert {row.photo_id for row in found} == {photo.photo_id for photo in photos}
    assert {row.photo_id for row in found if row.done} == {named("photo 2")}
    assert await due(OF_BO) == []


async def test_photos_are_found_by_when_they_develop() -> None:
    photos = [given.photo_taken(photo_id=named(f"photo {n}")) for n in range(20)]
    store = await stored(*photos)
    wanted = [(MORNING, photo.photo_id) for photo in photos[3:9]]
    found = await photos_due_at(store, OF_ADA, [*wanted, *wanted, (MORNING, DAWN), (NOON, photos[0].photo_id)])
    assert len(found) == 6
    assert {row.photo_id for row in found} == {photo.photo_id for photo in photos[3:9]}
    assert await photos_due_at(store, OF_BO, wanted) == await photos_due_at(store, OF_ADA, []) == []
