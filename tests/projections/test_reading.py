"""What is asked of sets and of bucketed lists: who is in it, in which order, from where on, at every size of a read."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from events.generated import Event
from projections.buckets import buckets, day_of, month_of, next_items
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.photos_in_roll import photos_in_roll
from projections.photos.roll_feed import ROLL_FEED_BUCKETS, roll_photo_candidates
from projections.rolls.members import members
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from projections.tally.queries import (
    counts_of,
    list_key,
    live_beginnings,
    live_beginnings_by_member,
    newest_beginnings,
    newest_members,
    shard_of,
)
from projections.tally.tally import Member
from tests import given
from tests.given import ADA, BO, CY, DAWN, DUSK, LAKE, MORNING, minutes, named
from tests.kit import run
from tests.projections.rows import OF_ADA, OF_BO, store_of, stored

pytestmark = pytest.mark.anyio

FIRST = given.member_joined(occurred_at=minutes(1))
SECOND = given.member_joined(occurred_at=minutes(5), role="owner")
BY_CY = given.member_joined(member_id=CY, occurred_at=minutes(3))
FIRST_ENDS = given.member_left(membership_id=FIRST.event_id)
SECOND_ENDS = given.member_left(membership_id=SECOND.event_id)


def test_a_members_shard_is_the_partition_of_whose_facts_feed_the_set() -> None:
    assert shard_of(followers, entity=ADA, member=BO) == OF_BO  # keyed by the member
    assert shard_of(following, entity=ADA, member=BO) == OF_ADA  # keyed by the entity
    assert shard_of(photos_in_roll, entity=LAKE, member=DUSK, keyed=BO) == OF_BO
    with pytest.raises(ValueError, match="photos_in_roll is keyed by neither entity nor member: say by whom"):
        shard_of(photos_in_roll, entity=LAKE, member=DUSK)


def test_a_members_live_beginnings_are_found_oldest_first() -> None:
    async def found(store: MemoryStore) -> list[UUID]:
        return [row.beginning for row in await live_beginnings(store, members, entity=LAKE, member=BO)]

    histories: list[tuple[list[Event], list[UUID]]] = [
        ([SECOND, FIRST], [FIRST.event_id, SECOND.event_id]),
        ([FIRST, SECOND, FIRST_ENDS], [SECOND.event_id]),
        ([FIRST, SECOND, SECOND_ENDS, FIRST_ENDS], []),
        ([FIRST_ENDS, BY_CY], []),
    ]
    for history, expected in histories:
        assert run(found(store_of(*history))) == expected


async def test_beginnings_in_a_set_of_other_peoples_facts_are_found_by_whose_they_are() -> None:
    added = given.photo_added_to_roll(photo_id=DUSK, owner_id=BO, roll_id=LAKE)
    store = await stored(added)
    found = await live_beginnings(store, photos_in_roll, entity=LAKE, member=DUSK, keyed=BO)
    assert [row.beginning for row in found] == [added.event_id]
    with pytest.raises(ValueError, match="say by whom"):
        await live_beginnings(store, photos_in_roll, entity=LAKE, member=DUSK)


async def test_which_of_some_are_in_a_set_is_asked_over_all_shards() -> None:
    store = await stored(FIRST, SECOND, BY_CY)
    found = await live_beginnings_by_member(store, members, LAKE, [BO, CY, ADA])
    assert {who: [row.beginning for row in rows] for who, rows in found.items()} == {
        BO: [FIRST.event_id, SECOND.event_id],
        CY: [BY_CY.event_id],
    }
    assert await live_beginnings_by_member(store, members, LAKE, []) == {}
    assert list(await live_beginnings_by_member(store, members, LAKE, [CY])) == [CY]


async def test_who_began_twice_is_listed_where_he_began_first_and_moves_when_that_ends() -> None:
    async def listed(store: MemoryStore, size: int, after: tuple[object, ...] = ()) -> list[UUID]:
        return [row.beginning async for row in newest_members(store, members, LAKE, after, size)]

    both, moved = await stored(FIRST, SECOND, BY_CY), await stored(FIRST, SECOND, BY_CY, FIRST_ENDS)
    for size in (1, 2, 3, 50):
        assert await listed(both, size) == [BY_CY.event_id, FIRST.event_id]
        assert await listed(moved, size) == [SECOND.event_id, BY_CY.event_id]
        assert await listed(moved, size, (minutes(5), BO, SECOND.event_id)) == [BY_CY.event_id]
        assert await listed(moved, size, (minutes(3), CY, BY_CY.event_id)) == []


@pytest.mark.parametrize("size", [1, 8, 9, 40])
async def test_a_set_is_read_whole_in_order_whatever_the_size_of_a_read(size: int) -> None:
    follows = [
        given.user_followed(follower_id=(BO, CY, ADA)[n % 3], followee_id=LAKE, occurred_at=minutes(n // 2))
        for n in range(40)
    ]
    of_one = [given.user_followed(followee_id=named(f"p{n}"), occurred_at=minutes(n // 2)) for n in range(20)]
    store = await stored(*follows, *of_one)
    keys = [list_key(row) async for row in newest_beginnings(store, followers, LAKE, size=size)]
    assert {key[2] for key in keys} == {follow.event_id for follow in follows}
    assert [key[0] for key in keys] == sorted((follow.occurred_at for follow in follows), reverse=True)
    assert [list_key(row) async for row in newest_beginnings(store, followers, LAKE, keys[19], size)] == keys[20:]
    own = [row.beginning async for row in newest_beginnings(store, following, BO, size=size) if row.member != LAKE]
    assert sorted(own) == sorted(follow.event_id for follow in of_one)


@pytest.mark.parametrize(("first", "second"), [(BO, CY), (CY, BO)])
async def test_of_two_who_began_in_the_same_second_the_later_is_listed_first(first: UUID, second: UUID) -> None:
    history = [
        given.user_followed(follower_id=ADA, followee_id=first, occurred_at=MORNING),
        given.user_followed(follower_id=ADA, followee_id=second, occurred_at=MORNING + timedelta(milliseconds=1)),
    ]
    store = await stored(*history)
    assert [row.member async for row in newest_members(store, following, ADA)] == [second, first]


def test_a_set_that_is_not_listed_has_no_list() -> None:
    async def read() -> list[object]:
        return [row async for row in newest_beginnings(MemoryStore(), photos_in_roll, LAKE)]

    with pytest.raises(ValueError, match="photos_in_roll isn't listed by time"):
        run(read())
    with pytest.raises(ValueError, match="hasn't begun"):
        list_key(Member(LAKE, 0, BO, DAWN))


async def test_the_sizes_of_several_are_read_in_the_order_asked() -> None:
    store = await stored(FIRST, SECOND, BY_CY, given.photo_liked())
    sizes = await counts_of(store, [DUSK, LAKE, DAWN])
    assert [(each["members"], each["likers"]) for each in sizes] == [(0, 1), (2, 0), (0, 0)]
    assert sizes[1].latest == {"members": minutes(5)}
    assert await counts_of(store, []) == []


async def numbers(last: int) -> AsyncIterator[int]:
    """1, 2, 3…"""
    for number in range(1, last + 1):
        yield number


async def test_some_of_an_iterator_are_so_many_or_what_is_left() -> None:
    rows = numbers(5)
    assert await next_items(rows, 0) == []
    assert await next_items(rows, 2) == [1, 2]
    assert await next_items(rows, 3) == [3, 4, 5]
    assert await next_items(rows, 3) == []
    assert await next_items(numbers(2), 3) == [1, 2]


@pytest.mark.parametrize("number", [1, 99, 100, 101, 250])
async def test_all_buckets_are_found_newest_first_from_any_on(number: int) -> None:
    days = [day_of(MORNING + timedelta(days=n)) for n in range(number)]
    store = MemoryStore()
    await store.write([Stamped(ROLL_FEED_BUCKETS.upsert(roll_id=LAKE, bucket=day), 1) for day in days])
    newest = days[::-1]
    assert [day async for day in buckets(store, ROLL_FEED_BUCKETS, LAKE, "")] == newest
    assert [day async for day in buckets(store, ROLL_FEED_BUCKETS, LAKE, days[0])] == days[:1]
    middle = number // 2
    assert [day async for day in buckets(store, ROLL_FEED_BUCKETS, LAKE, newest[middle])] == newest[middle:]
    assert [day async for day in buckets(store, ROLL_FEED_BUCKETS, LAKE, "2026-01-01")] == []


async def test_a_list_of_many_days_is_read_in_order() -> None:
    photos = [
        given.photo_added_to_roll(photo_id=named(f"photo {n}"), develops_at=MORNING - timedelta(days=n))
        for n in range(20)
    ]
    store = await stored(*photos)
    found = [row.photo_id async for row in roll_photo_candidates(store, LAKE, MORNING, size=1)]
    assert found == [photo.photo_id for photo in photos]
    later = roll_photo_candidates(store, LAKE, MORNING + timedelta(days=900), size=2)
    assert [row.photo_id async for row in later] == found
    assert month_of(MORNING) == "2026-06"
