"""What expand appends, fact by fact: the same ones whenever their cause is expanded again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from events.codec import key_of, topic_of
from events.generated import (
    Event,
    MemberJoined,
    MemberLeft,
    MemberRemoved,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoRemovedFromRoll,
    RollCreated,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
)
from processors import expand, roll_closing
from processors.handlers.batch import Batch
from processors.handlers.reader import Read
from tests.given import CARD
from tests.histories import ROLLS
from tests.partitions import PARTITIONS, partition_of
from tests.processors.world import (
    OWNER,
    START,
    Meanwhile,
    World,
    about,
    base,
    deleted,
    placed,
    rejected,
    somebody_in,
    taken,
    taken_down,
)

pytestmark = pytest.mark.anyio

ROLL, OTHER = ROLLS
CREATOR, PERSON = somebody_in("rolls", 1), somebody_in("rolls", 4)
LATER = START + timedelta(days=3)
CREATED = RollCreated(
    **base("created"),  # type: ignore[arg-type]
    roll_id=ROLL,
    creator_id=CREATOR,
    title="Midsummer",
    theme="",
    visibility="public",
)
CLOSED = RollDeleted(**base("closed", LATER), roll_id=ROLL, creator_id=CREATOR)  # type: ignore[arg-type]
DEVELOPED = PhotoDeveloped(**base("developed", LATER), **about(1, timedelta(hours=1)), card=CARD)  # type: ignore[arg-type]
ENDS: dict[str, Any] = {"deleted": deleted(1), "taken down": taken_down(1), "rejected": rejected(1)}
each_end = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())


def joined(number: int, person: UUID = PERSON, roll: UUID = ROLL) -> MemberJoined:
    return MemberJoined(**base(f"joined {number} {roll}"), roll_id=roll, member_id=person, role="member")  # type: ignore[arg-type]


def followed(number: int, person: UUID = PERSON, roll: UUID = ROLL) -> RollFollowed:
    return RollFollowed(**base(f"followed {number} {roll}"), roll_id=roll, follower_id=person)  # type: ignore[arg-type]


def photo_left(cause: Any, placement: Any) -> PhotoRemovedFromRoll:
    """The fact that a placement is over because of `cause`, word for word."""
    return PhotoRemovedFromRoll(
        event_id=uuid5(cause.event_id, f"PhotoRemovedFromRoll/{placement.event_id}"),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        photo_id=taken(1).photo_id,
        owner_id=OWNER,
        roll_id=placement.roll_id,
        placement_id=placement.event_id,
        taken_at=START,
        develops_at=START + timedelta(hours=1),
    )


def photo_developed(cause: Any, placement: Any) -> PhotoDevelopedInRoll:
    return PhotoDevelopedInRoll(
        event_id=uuid5(cause.event_id, f"PhotoDevelopedInRoll/{placement.event_id}"),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        photo_id=taken(1).photo_id,
        owner_id=OWNER,
        roll_id=placement.roll_id,
        placement_id=placement.event_id,
        taken_at=START,
        develops_at=START + timedelta(hours=1),
        card=CARD,
    )


def member_left(cause: Any, joining: MemberJoined) -> MemberRemoved:
    return MemberRemoved(
        event_id=uuid5(cause.event_id, f"MemberRemoved/{joining.event_id}"),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=joining.roll_id,
        member_id=joining.member_id,
        membership_id=joining.event_id,
    )


def follower_left(cause: Any, following: RollFollowed) -> RollUnfollowed:
    return RollUnfollowed(
        event_id=uuid5(cause.event_id, f"RollUnfollowed/{following.event_id}"),
        occurred_at=cause.occurred_at,
        actor_id=cause.actor_id,
        roll_id=following.roll_id,
        follower_id=following.follower_id,
        follow_id=following.event_id,
    )


async def follows(world: World, *events: Event) -> list[Event]:
    """What follows from the last of these events when all are in the read models, which is the same each time."""
    await world.happen(*events)
    cause = events[-1]
    topic, partition = topic_of(type(cause)), partition_of(topic_of(type(cause)), key_of(cause))
    record = world.log.partitions[topic, partition][-1]
    batch, reads = Batch(topic, partition, 1, [record]), [Read(record.offset, cause, record)]
    before = {place: list(records) for place, records in world.log.partitions.items()}
    await world.expand.react(batch, reads, Meanwhile())
    first, world.published, world.log.partitions = world.published, [], before
    world.store._tables.pop(roll_closing.CLOSINGS.name, None)  # and nobody knows how far it came
    await world.expand.react(batch, reads, Meanwhile())
    assert world.published == first
    return sorted(first, key=lambda event: event.event_id)


def by_id(*events: Event) -> list[Event]:
    return sorted(events, key=lambda event: event.event_id)


@each_end
async def test_an_ended_photo_leaves_each_roll_that_it_is_in(end: Any) -> None:
    end_of_one = replace(end, actor_id=PERSON, occurred_at=LATER)
    here, there, elsewhere = placed(1, ROLL), placed(1, OTHER), placed(2, ROLL)
    twice = replace(here, event_id=uuid5(OWNER, "placed once more"))
    facts = await follows(World(), taken(1), taken(2), here, there, twice, elsewhere, end_of_one)
    assert facts == by_id(*(photo_left(end_of_one, each) for each in (here, there, twice)))


async def test_an_ended_photo_doesnt_leave_a_roll_that_it_left_before() -> None:
    here, there = placed(1, ROLL), placed(1, OTHER)
    facts = await follows(World(), taken(1), here, there, photo_left(here, here), deleted(1))
    assert facts == [photo_left(deleted(1), there)]


@each_end
@pytest.mark.parametrize("developed", [[], [DEVELOPED]], ids=["developing", "developed"])
async def test_a_photo_placed_after_its_end_leaves_at_once(developed: list[Event], end: Any) -> None:
    facts = await follows(World(), taken(1), *developed, end, placed(1, ROLL))
    assert facts == [photo_left(placed(1, ROLL), placed(1, ROLL))]


async def test_a_developed_photo_has_developed_in_each_roll_that_it_is_in() -> None:
    here, there, left = placed(1, ROLL), placed(1, OTHER), replace(placed(1, ROLL), event_id=uuid5(OWNER, "left"))
    facts = await follows(World(), taken(1), here, there, left, placed(2, ROLL), photo_left(left, left), DEVELOPED)
    assert facts == by_id(photo_developed(DEVELOPED, here), photo_developed(DEVELOPED, there))


async def test_a_photo_placed_after_it_developed_has_developed_in_its_roll() -> None:
    facts = await follows(World(), taken(1), DEVELOPED, placed(1, OTHER), placed(1, ROLL))
    assert facts == [photo_developed(placed(1, ROLL), placed(1, ROLL))]


@pytest.mark.parametrize("before", [[], [taken(1)], [taken(2), deleted(2)]], ids=["unknown", "developing", "another"])
async def test_nothing_follows_from_placing_a_photo_that_develops_later(before: list[Event]) -> None:
    assert await follows(World(), *before, placed(1, ROLL)) == []


async def test_a_deleted_rolls_memberships_and_followings_end() -> None:
    members = [joined(n, somebody_in("rolls", n)) for n in range(PARTITIONS)]
    followers = [followed(n, somebody_in("rolls", n)) for n in range(PARTITIONS)]
    others = [joined(0, roll=OTHER), followed(0, roll=OTHER)]
    facts = await follows(World(), CREATED, *members, *followers, *others, CLOSED)
    ended = [*(member_left(CLOSED, each) for each in members), *(follower_left(CLOSED, each) for each in followers)]
    assert facts == by_id(*ended)


async def test_only_what_of_a_deleted_roll_still_holds_ends() -> None:
    was, still = joined(1), joined(2)
    left = MemberLeft(**base("left"), roll_id=ROLL, member_id=PERSON, membership_id=was.event_id)  # type: ignore[arg-type]
    unfollowed = follower_left(followed(1), followed(1))
    facts = await follows(World(), CREATED, was, still, left, followed(1), unfollowed, CLOSED)
    assert facts == [member_left(CLOSED, still)]


@pytest.mark.parametrize("shown", [500, 2, 1])
async def test_everyone_of_a_roll_is_found_and_told_a_page_at_a_time(
    shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roll_closing, "PAGE", shown)
    monkeypatch.setattr(expand, "FACTS_AT_ONCE", shown)
    world, people = World(), [PERSON, *(somebody_in("rolls", n) for n in range(PARTITIONS))]
    ends = [joined(n, person) for n, person in enumerate(people)]  # two of them are one person's
    twice = [replace(joined(n), event_id=uuid5(OWNER, f"joined again {n}")) for n in range(2)]
    facts = await follows(world, CREATED, *ends, *twice, CLOSED)
    assert facts == by_id(*(member_left(CLOSED, each) for each in (*ends, *twice)))
    assert max(world.rounds) == min(shown, len(facts))
    assert sum(world.rounds) == 2 * len(facts)


async def test_who_joins_or_follows_a_deleted_roll_is_out_at_once() -> None:
    deleted_before = (CREATED, CLOSED)
    assert await follows(World(), *deleted_before, joined(1)) == [member_left(joined(1), joined(1))]
    assert await follows(World(), *deleted_before, followed(1)) == [follower_left(followed(1), followed(1))]


@pytest.mark.parametrize("before", [[], [CREATED], [replace(CLOSED, roll_id=OTHER)]], ids=["new", "open", "another"])
@pytest.mark.parametrize("event", [joined(1), followed(1)], ids=["joining", "following"])
async def test_nothing_follows_from_joining_or_following_a_roll_that_is_there(
    before: list[Event], event: Event
) -> None:
    assert await follows(World(), *before, event) == []


async def test_events_of_a_batch_that_bring_about_nothing_are_passed() -> None:
    assert await follows(World(), taken(1)) == []
