"""What is asked of sets: who is in it, in which order, from where on, at every size of a read; and what that costs."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from events.generated import Event
from events.ids import key_order
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.photos_in_roll import photos_in_roll
from projections.projection import GENERATION
from projections.reactions.liked_by import liked_by
from projections.rolls.members import members
from projections.rolls.roll_followers import roll_followers
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from projections.tally.counts import COUNTS
from projections.tally.queries import (
    Newest,
    counts_of,
    live_beginnings,
    live_beginnings_by_member,
    live_in_each,
    newest_members,
    shard_of,
)
from tests import given
from tests.given import ADA, BO, CY, DAWN, DEN, DUSK, LAKE, MORNING, minutes, named
from tests.kit import run
from tests.partitions import PARTITIONING, partition_of
from tests.projections.counting import CountingStore
from tests.projections.rows import OF_ADA, OF_BO, store_of, stored

pytestmark = pytest.mark.anyio

FIRST = given.member_joined(occurred_at=minutes(1))
SECOND = given.member_joined(occurred_at=minutes(5), role="owner")
BY_CY = given.member_joined(member_id=CY, occurred_at=minutes(3))
FIRST_ENDS = given.member_left(membership_id=FIRST.event_id)
SECOND_ENDS = given.member_left(membership_id=SECOND.event_id)


def test_a_members_shard_is_the_partition_of_whose_facts_feed_the_set() -> None:
    assert shard_of(members, PARTITIONING, entity=LAKE, member=BO) == OF_BO  # keyed by the member
    assert shard_of(following, PARTITIONING, entity=ADA, member=BO) == OF_ADA  # keyed by the entity
    of_dusk = shard_of(photos_in_roll, PARTITIONING, entity=LAKE, member=DUSK, keyed=BO)
    assert of_dusk == photos_in_roll.shard(OF_BO, DUSK)
    with pytest.raises(ValueError, match="photos_in_roll is keyed by neither entity nor member: say by whom"):
        shard_of(photos_in_roll, PARTITIONING, entity=LAKE, member=DUSK)


def test_a_set_that_is_split_has_as_many_shards_in_each_partition() -> None:
    of_bo = shard_of(followers, PARTITIONING, entity=ADA, member=BO)
    assert of_bo == OF_BO * followers.splits + BO.int % followers.splits
    assert list(followers.shards(PARTITIONING, ADA)) == list(range(8 * followers.splits))
    assert list(liked_by.shards(PARTITIONING, ADA)) == [OF_ADA * 8 + n for n in range(8)]  # keyed by the entity


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
    store = CountingStore(await stored(FIRST, SECOND, BY_CY))
    found = await live_beginnings_by_member(store, members, LAKE, [BO, CY, ADA])
    assert store.requests == 1
    assert {who: [row.beginning for row in rows] for who, rows in found.items()} == {
        BO: [FIRST.event_id, SECOND.event_id],
        CY: [BY_CY.event_id],
    }
    assert await live_beginnings_by_member(store, members, LAKE, []) == {}
    assert list(await live_beginnings_by_member(store, members, LAKE, [CY])) == [CY]


async def test_of_many_sets_those_that_one_member_is_in_are_one_request() -> None:
    follows = [given.roll_followed(follower_id=BO, roll_id=named(f"roll {n}")) for n in range(40)]
    again = given.roll_followed(follower_id=BO, roll_id=LAKE, occurred_at=minutes(9))
    first = given.roll_followed(follower_id=BO, roll_id=LAKE, occurred_at=minutes(2))
    gone = [
        given.roll_unfollowed(follower_id=BO, roll_id=each.roll_id, follow_id=each.event_id) for each in follows[:5]
    ]
    store = CountingStore(await stored(*follows, again, first, *gone, given.roll_followed(follower_id=CY, roll_id=DEN)))
    found = await live_in_each(store, roll_followers, [LAKE, DEN, DEN, *(each.roll_id for each in follows)], BO)
    assert store.requests == 1
    expected = {each.roll_id: [each.event_id] for each in follows[5:]} | {LAKE: [first.event_id, again.event_id]}
    assert {roll: [row.beginning for row in rows] for roll, rows in found.items()} == expected


def who(newest: Newest) -> list[UUID]:
    """The beginnings by which somebody is in the set."""
    return list(newest.members)


async def test_who_began_twice_is_listed_where_he_began_first_and_moves_when_that_ends() -> None:
    both, moved = await stored(FIRST, SECOND, BY_CY), await stored(FIRST, SECOND, BY_CY, FIRST_ENDS)
    assert who(await newest_members(both, members, LAKE)) == [BY_CY.event_id, FIRST.event_id]
    assert who(await newest_members(moved, members, LAKE)) == [SECOND.event_id, BY_CY.event_id]
    assert who(await newest_members(moved, members, LAKE, (minutes(5), BO, SECOND.event_id))) == [BY_CY.event_id]
    assert who(await newest_members(moved, members, LAKE, (minutes(3), CY, BY_CY.event_id))) == []
    one = await newest_members(both, members, LAKE, size=1)
    assert ([row.beginning for row in one.rows], who(one)) == ([SECOND.event_id], [])


PEOPLE = [named(f"p{n}") for n in range(6)]
steps = st.lists(
    st.tuples(st.sampled_from(["follow", "follow", "unfollow"]), st.sampled_from(PEOPLE), st.integers(0, 5)),
    max_size=30,
)


@settings(deadline=None)
@drawn(history=steps, size=st.integers(1, 12))
async def test_stretch_by_stretch_a_set_is_everybody_once_where_they_began_first(
    history: list[tuple[str, UUID, int]], size: int
) -> None:
    events: list[Event] = []
    began: dict[UUID, tuple[datetime, UUID, UUID]] = {}
    live: dict[UUID, list[UUID]] = {}
    for number, (what, person, minute) in enumerate(history):
        held = live.setdefault(person, [])
        if what == "follow":
            beginning = named(f"follow {number}")
            at = minutes(minute)
            events.append(given.user_followed(event_id=beginning, follower_id=person, followee_id=LAKE, occurred_at=at))
            began[beginning] = (at, person, beginning)
            held.append(beginning)
        elif held:
            ended = held.pop(0)
            events.append(given.user_unfollowed(follower_id=person, followee_id=LAKE, follow_id=ended))
    store = CountingStore(await stored(*events))
    looked_at: list[tuple[object, ...]] = []
    shown: list[UUID] = []
    while True:
        store.requests = 0
        newest = await newest_members(store, followers, LAKE, looked_at[-1] if looked_at else (), size)
        assert store.requests <= 3
        assert len(newest.rows) <= size
        looked_at += [(row.begun, row.member, row.beginning) for row in newest.rows]
        shown += who(newest)
        assert all(row.beginning == beginning for beginning, row in newest.members.items())
        if len(newest.rows) < size:
            break
    somebody = {followers.shard(partition_of("graph", person), person) for person, held in live.items() if held}
    there = [at for at in began.values() if followers.shard(partition_of("graph", at[1]), at[1]) in somebody]
    assert looked_at == sorted(there, key=key_order, reverse=True)
    firsts = [min((began[each] for each in held), key=key_order) for held in live.values() if held]
    assert [began[each] for each in shown] == sorted(firsts, key=key_order, reverse=True)


async def test_a_set_of_ones_own_facts_is_one_shard() -> None:
    store = CountingStore(await stored(*(given.user_followed(followee_id=each) for each in PEOPLE)))
    newest = await newest_members(store, following, BO)
    assert {row.member for row in newest.members.values()} == set(PEOPLE)
    assert (store.requests, store.partitions) == (2, 2)


@pytest.mark.parametrize(("first", "second"), [(BO, CY), (CY, BO)])
async def test_of_two_who_began_in_the_same_second_the_later_is_listed_first(first: UUID, second: UUID) -> None:
    history = [
        given.user_followed(follower_id=ADA, followee_id=first, occurred_at=MORNING),
        given.user_followed(follower_id=ADA, followee_id=second, occurred_at=MORNING + timedelta(milliseconds=1)),
    ]
    newest = await newest_members(await stored(*history), following, ADA)
    assert [row.member for row in newest.members.values()] == [second, first]


def test_a_set_that_is_not_listed_has_no_list() -> None:
    with pytest.raises(ValueError, match="photos_in_roll isn't listed by time"):
        run(newest_members(MemoryStore(), photos_in_roll, LAKE))


async def test_the_sizes_of_several_are_read_in_the_order_asked() -> None:
    store = CountingStore(await stored(FIRST, SECOND, BY_CY, given.photo_liked()))
    sizes = await counts_of(store, [DUSK, LAKE, DAWN])
    assert store.requests == 1
    assert [(each["members"], each["likers"]) for each in sizes] == [(0, 1), (2, 0), (0, 0)]
    assert sizes[1].latest == {"members": minutes(5)}
    assert await counts_of(store, []) == []


async def test_sizes_are_whole_however_many_rows_they_are_in() -> None:
    """Seen to fail with a slice of the usual limit, 1,000 rows of each entity."""
    memory, shards = MemoryStore(), 1_100
    for shard in range(shards):
        row = COUNTS.upsert(entity=DUSK, kind="likers", shard=shard, generation=GENERATION, total=2, latest=shard)
        await memory.write([Stamped(row, 1)])
    store = CountingStore(memory)
    dusk, dawn = await counts_of(store, [DUSK, DAWN])
    assert (dusk["likers"], dawn["likers"]) == (2 * shards, 0)
    assert store.requests == 1
