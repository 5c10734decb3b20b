"""A roll of very many is closed in bounded memory, and from where that was when it was interrupted."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from events.generated import MemberRemoved, RollDeleted, RollUnfollowed
from processors import expand
from processors.expand import FACTS_AT_ONCE
from processors.handlers.batch import UNASSIGNED, Batch
from processors.handlers.reader import Read
from processors.roll_closing import CLOSINGS, PAGE, Closing, Page, Place
from processors.transport.lease import Lease, LeaseLost
from projections.rolls.members import members
from projections.rolls.roll_followers import roll_followers
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from projections.tally.tally import Tally
from tests.kit import record
from tests.partitions import partition_of
from tests.processors.world import OWNER, START, World, base

pytestmark = pytest.mark.anyio

ROLL = uuid5(OWNER, "the roll")
CLOSED = RollDeleted(**base("closed"), roll_id=ROLL, creator_id=OWNER)  # type: ignore[arg-type]
MEMBERS, FOLLOWERS = 9000, 3000


async def filled(world: World, tally: Tally, count: int) -> set[UUID]:
    """Writes so many live beginnings of a roll's set: their ids."""
    ids = {uuid5(OWNER, f"{tally.name} {n}") for n in range(count)}
    await world.store.write([Stamped(beginning(tally, each), 1) for each in ids])
    return ids


def beginning(tally: Tally, each: UUID) -> Any:
    shard = tally.shard(partition_of(tally.topics[0], each), each)
    return tally.members.upsert(entity=ROLL, shard=shard, member=each, beginning=each, begun=START, role="member")


class Interrupted(World):
    """Loses its lease with the appending of a bite, and shows how large an answer of the store was at most."""

    bites = -1  # that are appended before

    async def publish_all(self, events: Any, traceparent: str = "") -> Any:
        if self.bites == 0:
            raise LeaseLost
        self.bites -= 1
        self.published += events
        self.rounds.append(len(events))
        return []


async def close(world: World, assignment: int = 1) -> None:
    """Has a roll's end expanded."""
    topic, partition = "rolls", partition_of("rolls", OWNER)
    batch = Batch(topic, partition, assignment, [record(topic, partition, 0, None, None)])
    await world.expand.react(batch, [Read(0, CLOSED, batch.records[0])], Lease.of())


def ended(world: World) -> list[UUID]:
    """The beginnings whose ends are appended."""
    return [
        event.membership_id if isinstance(event, MemberRemoved) else event.follow_id
        for event in world.published
        if isinstance(event, MemberRemoved | RollUnfollowed)
    ]


async def a_large_roll() -> tuple[Interrupted, set[UUID]]:
    world = Interrupted()
    return world, await filled(world, members, MEMBERS) | await filled(world, roll_followers, FOLLOWERS)


async def test_a_large_roll_is_read_and_ended_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    world, everybody = await a_large_roll()
    answers: list[int] = []
    original = world.store.slice

    async def measured(*args: Any, **how: Any) -> list[Any]:
        rows = await original(*args, **how)
        answers.append(len(rows))
        return rows

    monkeypatch.setattr(world.store, "slice", measured)
    await close(world)
    assert set(ended(world)) == everybody
    assert len(ended(world)) == len(everybody)
    assert max(answers) == PAGE
    assert max(world.rounds) == FACTS_AT_ONCE


@pytest.mark.parametrize("bites", [1, 2, 4])
async def test_who_goes_on_begins_where_the_last_one_was(bites: int) -> None:
    """Seen to fail with `note` taken out: all is appended again."""
    world, everybody = await a_large_roll()
    world.bites = bites
    with pytest.raises(LeaseLost):
        await close(world)
    first, world.published, world.bites = ended(world), [], -1
    world.expand = expand.Expand(world.tools().that_append(expand.Expand.appends))  # another worker's
    await close(world)
    assert set(first) | set(ended(world)) == everybody
    # What the first appended isn't appended again, but for the one bite before which it couldn't say so.
    assert len(set(first) & set(ended(world))) <= FACTS_AT_ONCE


async def test_after_a_node_has_started_all_is_read_again() -> None:
    """The database may have lost rows, which are folded again by now. Seen to fail without the comparison."""
    world, everybody = await a_large_roll()
    await close(world)
    world.published = []
    world.store.restart()
    world.bites = 3
    with pytest.raises(LeaseLost):
        await close(world)
    world.bites = -1
    await close(world)
    assert set(ended(world)) == everybody
    assert len(ended(world)) <= len(everybody) + FACTS_AT_ONCE  # and the place that was kept meanwhile counts


async def test_a_place_that_was_read_before_a_node_started_is_not_kept() -> None:
    """Seen to fail without the comparison in `note`."""
    world, _ = await a_large_roll()
    closing = await Closing.of(world.store, CLOSED)
    async for page in closing.pages():
        world.store.restart()
        await closing.note(page)
        break
    assert await world.store.get(CLOSINGS, CLOSED.event_id) is None


async def test_an_operator_who_asks_for_it_again_gets_all_of_it() -> None:
    """Seen to fail with the place used for batches without an assignment too."""
    world, everybody = await a_large_roll()
    await close(world)
    world.published = []
    await close(world, UNASSIGNED)
    assert set(ended(world)) == everybody


async def test_of_two_places_of_one_stamp_one_stays_and_no_mixture() -> None:
    """Seen to fail with a column for each part: the greater of each stays, which may be a place that nobody reached."""
    world = Interrupted()
    low, high = uuid5(OWNER, "low"), uuid5(OWNER, "high")
    places = {(1, max(low, high)), (2, min(low, high))}
    for shard, member in places:
        closing = await Closing.of(MemoryStore(), CLOSED)
        closing._store, closing._pages = world.store, 7
        await closing.note(Page([], members.name, shard, (member, member)))
    row = await world.store.get(CLOSINGS, CLOSED.event_id)
    kept = Place.parse(row.place)
    assert (kept.shard, kept.member) in places
    assert kept.beginning == kept.member


async def test_of_a_small_roll_no_place_is_kept() -> None:
    world = Interrupted()
    await filled(world, members, 40)
    await close(world)
    assert len(ended(world)) == 40
    assert await world.store.get(CLOSINGS, CLOSED.event_id) is None
