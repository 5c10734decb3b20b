"""What decisions are made from: roles, sizes, other owners and comments, as the read models have them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from events.generated import CommentDeleted, Event, MemberLeft, MemberRoleChanged, UserFollowed
from producers.decide.photos import Destination
from producers.gateway.reads import destinations, size_of
from projections.graph.following import following
from projections.reactions.comments import comment_on
from projections.rolls import members as members_file
from projections.rolls.members import another_owner, members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.memory import MemoryStore
from projections.visibility import VisibleRows
from tests.gateway.memory import NOW
from tests.gateway.shown import PHOTO, commented
from tests.gateway.world import ADA, BOB, CAT, PRIVATE, PUBLIC, begin, joined, one, roll
from tests.kit import folded, run
from tests.partitions import PARTITIONING, partition_of

pytestmark = pytest.mark.anyio

CROWD = [one(f"member {n}") for n in range(40)]
TOPIC = members.topics[0]
LEFT = MemberLeft(
    **begin("ada left", ADA), roll_id=PUBLIC, member_id=ADA, membership_id=joined(PUBLIC, ADA, "owner").event_id
)


def row_of(store: MemoryStore, roll_id: UUID) -> Roll:
    """A roll's row."""
    found = asyncio.run(store.get(ROLL, roll_id))
    assert isinstance(found, Roll)
    return found


def owned_beside(store: MemoryStore, than: UUID) -> bool:
    return asyncio.run(another_owner(store, row_of(store, PUBLIC), than))


@pytest.mark.parametrize("page", [1, 2, 500])
def test_another_owner_is_found_wherever_among_many_members(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_file, "PAGE", page)
    shards: dict[int, list[UUID]] = {}
    for person in CROWD:
        shards.setdefault(partition_of(TOPIC, person), []).append(person)
    assert max(map(len, shards.values())) > 2
    first, *_ = shards[min(shards)]
    crowd = [joined(PUBLIC, person) for person in CROWD]
    none = MemoryStore()
    run(folded(none, [*roll(PUBLIC, "public"), *crowd]))
    assert not owned_beside(none, ADA)
    for person in (first, *shards[max(shards)]):
        store = MemoryStore()
        promoted = MemberRoleChanged(
            **begin(f"{person} promoted", ADA),
            roll_id=PUBLIC,
            member_id=person,
            membership_id=joined(PUBLIC, person).event_id,
            role="owner",
        )
        run(folded(store, [*roll(PUBLIC, "public"), *crowd, promoted]))
        assert owned_beside(store, ADA)


def test_a_shard_is_read_to_its_end_and_no_further_than_there() -> None:
    assert members_file.PAGE == 500
    assert {partition_of(TOPIC, person) for person in CROWD} == set(PARTITIONING.each(TOPIC))


def test_the_creator_counts_while_they_own_the_roll_and_are_not_the_one_who_leaves() -> None:
    both, left = MemoryStore(), MemoryStore()
    owners = [*roll(PUBLIC, "public"), joined(PUBLIC, BOB, "owner"), joined(PUBLIC, CAT)]
    run(folded(both, owners))
    run(folded(left, [*owners, LEFT]))
    assert [owned_beside(both, who) for who in (ADA, BOB, CAT)] == [True, True, True]
    assert [owned_beside(left, who) for who in (ADA, BOB, CAT)] == [True, False, True]


@pytest.mark.parametrize(
    ("events", "roll_id", "expected"),
    [
        ((), PUBLIC, Destination(roll_id=PUBLIC, visible=True, role=None)),
        ((joined(PUBLIC, BOB),), PUBLIC, Destination(roll_id=PUBLIC, visible=True, role="member")),
        ((), PRIVATE, Destination(roll_id=PRIVATE, visible=False, role=None)),
        ((joined(PRIVATE, BOB, "owner"),), PRIVATE, Destination(roll_id=PRIVATE, visible=True, role="owner")),
        (
            (joined(PRIVATE, BOB), joined(PRIVATE, BOB, "owner", "again")),
            PRIVATE,
            Destination(roll_id=PRIVATE, visible=True, role="owner"),
        ),
        ((), one("no roll"), Destination(roll_id=one("no roll"), visible=False, role=None)),
    ],
)
async def test_a_destination_says_how_one_stands_to_a_roll(
    events: tuple[Event, ...], roll_id: UUID, expected: object
) -> None:
    store = MemoryStore()
    await folded(store, [*roll(PUBLIC, "public"), *roll(PRIVATE, "private"), *events])
    visible = VisibleRows(store, BOB, NOW)
    assert await destinations(visible, [roll_id]) == [expected]
    others = await destinations(visible, [one("no roll"), roll_id, PUBLIC])
    assert [each.roll_id for each in others] == [one("no roll"), roll_id, PUBLIC]
    assert others[1] == expected
    assert await destinations(visible, []) == []


async def test_sizes_are_of_one_persons_one_set() -> None:
    store = MemoryStore()
    follows = [UserFollowed(**begin(f"ada follows {who}", ADA), follower_id=ADA, followee_id=who) for who in (BOB, CAT)]
    await folded(store, [*roll(PUBLIC, "public"), *roll(PRIVATE, "private"), joined(PUBLIC, BOB), *follows])
    asks = [(ADA, rolls_of_user), (BOB, rolls_of_user), (CAT, rolls_of_user), (ADA, following), (BOB, following)]
    assert [await size_of(store, who, tally.name) for who, tally in asks] == [2, 1, 0, 2, 0]


@pytest.mark.parametrize("author", [BOB, CAT, one("dan")])
async def test_a_comment_is_found_by_its_id_while_it_stands(author: UUID) -> None:
    store = MemoryStore()
    comment, other = commented(PHOTO, author), commented(PHOTO, ADA)
    await folded(store, [comment, other])
    row = await comment_on(store, PHOTO, comment.event_id)
    assert row is not None
    assert (row.photo_id, row.comment_id, row.author_id, row.posted_at) == (PHOTO, comment.event_id, author, NOW)
    assert await comment_on(store, one("another photo"), comment.event_id) is None
    assert await comment_on(store, PHOTO, one("no comment")) is None
    deleted = CommentDeleted(
        **begin("deleted", author, NOW + timedelta(minutes=1)),
        photo_id=PHOTO,
        author_id=author,
        comment_id=comment.event_id,
        posted_at=NOW,
    )
    gone = MemoryStore()
    await folded(gone, [comment, other, deleted])
    assert await comment_on(gone, PHOTO, comment.event_id) is None
    assert await comment_on(gone, PHOTO, other.event_id) is not None
