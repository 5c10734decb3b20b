"""What follows from an end is appended once, whichever of two events that need each other comes first."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from events.generated import (
    Event,
    MemberJoined,
    MemberRemoved,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoRemovedFromRoll,
    RollCreated,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
)
from processors.expand import Expand
from projections.tally.counts import COUNTS, summed
from tests.given import CARD
from tests.histories import ROLLS, USERS
from tests.processors.world import OWNER, World, about, base, deleted, placed, taken
from tests.projections.counting import CountingStore

pytestmark = pytest.mark.anyio

ROLL, OTHER = ROLLS
JOINED = [
    MemberJoined(**base(f"joined {n}"), roll_id=ROLL, member_id=user, role="member")  # type: ignore[arg-type]
    for n, user in enumerate(USERS)
]
FOLLOWED = RollFollowed(**base("followed"), roll_id=ROLL, follower_id=uuid5(OWNER, "fan"))  # type: ignore[arg-type]
CREATED = RollCreated(
    **base("created"),  # type: ignore[arg-type]
    roll_id=ROLL,
    creator_id=USERS[0],
    title="Midsummer",
    theme="",
    visibility="public",
)
CLOSED = RollDeleted(**base("closed"), roll_id=ROLL, creator_id=USERS[0])  # type: ignore[arg-type]
DEVELOPED = PhotoDeveloped(**base("developed"), **about(1, taken(1).develops_at - taken(1).taken_at), card=CARD)  # type: ignore[arg-type]


async def expanded(*parts: Sequence[Event], topic: str) -> tuple[World, list[Event]]:
    """What is appended when these parts come one after another, each expanded before the next is there."""
    world = World(folds_what_it_publishes=True)
    handler = world.handler(world.expand)
    for part in parts:
        await world.happen(*part)
        await world.feed(handler, topic)
    return world, world.published


async def totals(world: World, entity: UUID) -> dict[str, int]:
    """An entity's counts."""
    return dict(summed(await world.store.slice(COUNTS, entity)).totals)


@pytest.mark.parametrize("apart", [True, False], ids=["one by one", "in one batch"])
@pytest.mark.parametrize("ended_first", [True, False], ids=["ended first", "placed first"])
async def test_a_deleted_photo_leaves_its_rolls(ended_first: bool, apart: bool) -> None:
    placing: list[Event] = [placed(1, ROLL), placed(1, OTHER)]
    later = [[deleted(1)], placing] if ended_first else [placing, [deleted(1)]]
    parts: list[Sequence[Event]] = [[taken(1)], *later] if apart else [[taken(1), *later[0], *later[1]]]
    world, published = await expanded(*parts, topic="photos")
    removed = {event.placement_id for event in published if isinstance(event, PhotoRemovedFromRoll)}
    assert removed == {event.event_id for event in placing}
    for roll in (ROLL, OTHER):
        assert await totals(world, roll) == {"photos_in_roll": 0, "developing_in_roll": 0}


@pytest.mark.parametrize("placed_first", [True, False])
async def test_a_developed_photo_counts_as_developed_in_each_of_its_rolls(placed_first: bool) -> None:
    placing: list[Event] = [placed(1, ROLL)]
    parts = [placing, [DEVELOPED]] if placed_first else [[DEVELOPED], placing]
    world, published = await expanded([taken(1)], *parts, topic="photos")
    assert {type(event) for event in published} == {PhotoDevelopedInRoll}
    assert await totals(world, ROLL) == {"photos_in_roll": 1, "developing_in_roll": 0}


@pytest.mark.parametrize("closed_first", [True, False])
async def test_a_deleted_roll_has_no_members_and_no_followers(closed_first: bool) -> None:
    joining: list[Event] = [*JOINED, FOLLOWED]
    parts: list[list[Event]] = [[CLOSED], joining] if closed_first else [joining, [CLOSED]]
    world, published = await expanded([CREATED], *parts, topic="rolls")
    ended = {e.membership_id for e in published if isinstance(e, MemberRemoved)}
    assert ended == {event.event_id for event in JOINED}
    assert [e.follow_id for e in published if isinstance(e, RollUnfollowed)] == [FOLLOWED.event_id]
    assert await totals(world, ROLL) == {"members": 0, "roll_followers": 0}


async def test_expanding_again_makes_the_same_facts() -> None:
    again = World(folds_what_it_publishes=True)
    await again.happen(taken(1), placed(1, ROLL), deleted(1))
    rounds: list[list[Event]] = []
    for _ in range(2):
        handler, again.published = again.handler(again.expand), []
        await again.feed(handler, "photos")
        rounds.append(again.published)
        again.store._tables["progress"] = {  # the worker died before `progress`
            place: {key: cells for key, cells in rows.items() if key[0] != "expand"}
            for place, rows in again.store._tables["progress"].items()
        }
    first, second = rounds
    assert {event.event_id for event in second} <= {event.event_id for event in first}
    assert {event.placement_id for event in first if isinstance(event, PhotoRemovedFromRoll)} == {
        placed(1, ROLL).event_id
    }
    assert await totals(again, ROLL) == {"photos_in_roll": 0, "developing_in_roll": 0}


async def test_what_a_batch_needs_is_read_at_once_and_what_follows_is_appended_at_once() -> None:
    """Seen to fail with a read and an acknowledgement for each event: 300 of each."""
    world = World()
    photos = [replace(taken(1), event_id=uuid5(OWNER, f"taken {n}"), photo_id=uuid5(ROLL, f"{n}")) for n in range(300)]
    placing = [replace(placed(1, ROLL), event_id=uuid5(OWNER, f"in {p.photo_id}"), photo_id=p.photo_id) for p in photos]
    await world.happen(*photos, *placing)
    done = [replace(DEVELOPED, event_id=uuid5(OWNER, f"out {p.photo_id}"), photo_id=p.photo_id) for p in photos]
    handler = world.handler(world.expand)
    await world.feed(handler, "photos")
    await world.happen(*done)
    store = CountingStore(world.store)
    handler = world.handler(Expand(replace(world.tools(), store=store)))
    await world.feed(handler, "photos")
    assert store.requests == 3  # of 100 photos each; `progress` is read by way of the handler's store
    assert world.rounds == [300]
    assert [event.placement_id for event in world.published if isinstance(event, PhotoDevelopedInRoll)] == [
        event.event_id
        for event in placing  # in the order of their causes
    ]
