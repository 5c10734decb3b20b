"""expand waits for each read model that it reads, in each partition that feeds it, before it reads.

Each test has one view behind in one partition, by the very event that the consequence follows from. Seen to fail with
that view, or that partition, taken out of what is waited for.
"""

from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from confluent_kafka import KafkaException

from events.generated import Event, MemberJoined, RollCreated, RollDeleted, RollFollowed
from processors import expand
from tests.partitions import PARTITIONS
from tests.processors.world import (
    OWNER,
    PARTITION,
    Meanwhile,
    World,
    base,
    deleted,
    nothing,
    placed,
    rejected,
    somebody_in,
    taken,
    taken_down,
)

pytestmark = pytest.mark.anyio

ROLL = uuid5(OWNER, "the roll")
ENDS = {"deleted": deleted(1), "taken down": taken_down(1), "rejected": rejected(1)}
each_partition = pytest.mark.parametrize("partition", range(PARTITIONS))


def created(creator: UUID) -> RollCreated:
    more = {"creator_id": creator, "title": "t", "theme": "", "visibility": "public"}
    return RollCreated(**base("created"), roll_id=ROLL, **more)  # type: ignore[arg-type]


def closed(creator: UUID) -> RollDeleted:
    return RollDeleted(**base("closed"), roll_id=ROLL, creator_id=creator)  # type: ignore[arg-type]


def joined(member: UUID) -> MemberJoined:
    return MemberJoined(**base("joined"), roll_id=ROLL, member_id=member, role="member")  # type: ignore[arg-type]


def followed(follower: UUID) -> RollFollowed:
    return RollFollowed(**base("followed"), roll_id=ROLL, follower_id=follower)  # type: ignore[arg-type]


async def expanded(world: World, topic: str, partition: int) -> set[UUID]:
    """The ids of what follows from one partition's events, while the view that is behind catches up."""
    lease = Meanwhile(world.catch_up)
    await world.feed(world.handler(world.expand), topic, partition, lease)
    assert lease.left == []
    return {event.event_id for event in world.published}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_an_end_waits_for_the_placements_before_it(end: Event) -> None:
    world = World()
    await world.happen_behind("photo", PARTITION, taken(1), placed(1, ROLL), end)
    placement = placed(1, ROLL).event_id
    removed = uuid5(end.event_id, f"PhotoRemovedFromRoll/{placement}")
    assert removed in await expanded(world, "photos", PARTITION)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_a_placement_waits_for_the_end_before_it(end: Event) -> None:
    world = World()
    await world.happen_behind("photo", PARTITION, taken(1), end, placed(1, ROLL))
    placement = placed(1, ROLL).event_id
    removed = uuid5(placement, f"PhotoRemovedFromRoll/{placement}")
    assert removed in await expanded(world, "photos", PARTITION)


@each_partition
@pytest.mark.parametrize("view", ["members", "roll_followers"])
async def test_a_rolls_end_waits_for_the_people_of_each_partition(view: str, partition: int) -> None:
    world, creator, person = World(), somebody_in("rolls", 3), somebody_in("rolls", partition)
    await world.happen_behind(view, partition, created(creator), joined(person), followed(person), closed(creator))
    cause = closed(creator).event_id
    ended = {
        uuid5(cause, f"MemberRemoved/{joined(person).event_id}"),
        uuid5(cause, f"RollUnfollowed/{followed(person).event_id}"),
    }
    assert ended <= await expanded(world, "rolls", 3)


@each_partition
async def test_who_joins_or_follows_waits_for_the_rolls_end_in_its_creators_partition(partition: int) -> None:
    world, creator, person = World(), somebody_in("rolls", partition), somebody_in("rolls", 6)
    await world.happen_behind("roll", partition, created(creator), closed(creator), joined(person), followed(person))
    ended = {
        uuid5(joined(person).event_id, f"MemberRemoved/{joined(person).event_id}"),
        uuid5(followed(person).event_id, f"RollUnfollowed/{followed(person).event_id}"),
    }
    assert ended <= await expanded(world, "rolls", 6)


async def test_what_comes_after_the_log_was_asked_for_its_ends_is_not_waited_for() -> None:
    """It will see what this batch made known: waiting for it as well could go on for ever."""
    world, creator, person = World(), somebody_in("rolls", 3), somebody_in("rolls", 6)
    await world.happen(created(creator))

    async def then_somebody_joins() -> None:
        await world.catch_up()
        await world.log.append(joined(person))

    await world.log.append(closed(creator))
    processor, lease = world.handler(world.expand), Meanwhile(then_somebody_joins)
    await world.feed(processor, "rolls", 3, lease)
    assert (world.published, lease.left) == ([], [])


async def test_the_log_is_asked_for_its_ends_until_it_answers() -> None:
    world, creator, person = World(), somebody_in("rolls", 3), somebody_in("rolls", 6)
    await world.happen(created(creator), joined(person), closed(creator))
    failures: list[Exception] = [KafkaException("no answer"), TimeoutError("no answer")]

    async def ends(topic: str) -> list[tuple[str, int, int]]:
        if failures:
            raise failures.pop()
        return await world.ends(topic)

    processor = world.handler(expand.Expand(replace(world.tools(), log_ends=ends)))
    await world.feed(processor, "rolls", 3, Meanwhile(nothing, nothing))
    assert len(world.published) == 1
