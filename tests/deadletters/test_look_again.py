"""A reactor that read the read models while a record was missing from them looks at it again once it was redriven."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from events.generated import Event, MemberRemoved, PhotoDeveloped, PhotoTaken, RollCreated
from events.positions import Position
from processors.catalog import reactors
from processors.handlers.batch import Batch, Partition
from processors.handlers.projector import Projector
from processors.handlers.reactor import Reactor
from processors.redrive.redrive import Redrive
from processors.redrive.replay import ReactorReplay
from processors.redrive.requests import APPLIED
from processors.transport.lease import Lease, LeaseLost
from projections.catalog import of_topic
from projections.projection import Projection, projection
from projections.rolls.members import members
from projections.rolls.roll import ROLL
from projections.store.table import Upsert
from projections.tally.queries import live_beginnings
from projections.tally.tally import Tally
from tests.deadletters.failing import MemoryCorrections, projector_replay, unfoldable
from tests.deadletters.test_redrive import MemoryRequests, redriver
from tests.kit import memory_codec
from tests.partitions import PARTITIONING
from tests.processors.test_expand_waits import closed, created, joined
from tests.processors.world import PARTITION_OF_OWNER, World, filtered, somebody_in, taken

pytestmark = pytest.mark.anyio

CREATOR, PERSON = somebody_in("rolls", 3), somebody_in("rolls", 6)


@dataclass
class Failing:
    """A world in which one projection can't fold one event; its letter's redrive, and that of a reactor."""

    world: World
    reactor: Reactor
    requests: MemoryRequests = field(default_factory=MemoryRequests)
    asked: list[tuple[Position, str]] = field(default_factory=list[tuple[Position, str]])

    async def fold(self, name: str, bad: Event) -> None:
        """Folds all that is in the log, but for what the projection `name` can't."""
        for (topic, partition), records in list(self.world.log.partitions.items()):
            each: list[Projection | Tally] = [unfoldable(p, bad) if p.name == name else p for p in of_topic(topic)]
            projector = Projector(
                topic, each, self.world.store, self.world.log.codec, self.world.views.dead_letters(topic)
            )
            start = await projector.start(Partition(topic, partition))
            if records[start:]:
                await projector.handle(Batch(topic, partition, 1, records[start:]), Lease.of())

    async def ask(self, letters: Sequence[tuple[Position, str]]) -> None:
        """Takes the requests that a redrive makes."""
        self.asked += letters
        self.requests.ask(*(letter for letter in letters if letter[1] == self.reactor.name))

    def projections(self, topic: str, store: Any = None) -> Redrive:
        """The redrive of a topic's projections."""
        store = store or self.world.store
        replay = projector_replay(topic, store, reactors=reactors(), ask=self.ask)
        return redriver(self.requests, self.world.log, store, replay)

    def reacting(self, topic: str) -> Redrive:
        """The redrive of the reactor."""
        replay = ReactorReplay(self.reactor, memory_codec, PARTITIONING)
        first = ["*", *(each.name for each in of_topic(topic))]
        return redriver(self.requests, self.world.log, self.world.store, replay, first)


async def a_roll_that_was_deleted_while_a_member_was_missing() -> Failing:
    world = World()
    failing, member = Failing(world, world.expand), joined(PERSON)
    handler = world.handler(world.expand)
    for event in (created(CREATOR), member, closed(CREATOR)):
        await world.log.append(event)
        await failing.fold("members", member)
        await world.feed(handler, "rolls")
    assert [letter.projection for letter in world.views.letters] == ["members"]
    assert world.published == []  # RollDeleted was expanded without the member
    failing.requests.ask((world.views.letters[0].position, "members"))
    return failing


async def test_a_membership_that_is_redriven_into_a_deleted_roll_ends() -> None:
    """Seen to fail without the requests for reactors: the membership stays in a roll that is no more."""
    failing = await a_roll_that_was_deleted_while_a_member_was_missing()
    world, tp = failing.world, Partition("rolls", 6)
    await failing.reacting("rolls").tick(tp, Lease.of())
    assert world.published == []  # it waits for the projection
    await failing.projections("rolls").tick(tp, Lease.of())
    assert [(request.projection, request.outcome) for request in failing.requests.rows] == [
        ("members", APPLIED),
        ("expand", ""),
    ]
    await failing.reacting("rolls").tick(tp, Lease.of())
    (ended,) = world.published
    assert isinstance(ended, MemberRemoved)
    assert ended.membership_id == joined(PERSON).event_id
    assert failing.requests.outcomes == [APPLIED, APPLIED]
    await world.catch_up()
    roll = created(CREATOR).roll_id
    assert await live_beginnings(world.store, members, entity=roll, member=PERSON) == []


async def test_the_reactors_are_asked_before_the_projection_is_answered() -> None:
    """Otherwise a crash in between, and nobody looks again. Seen to fail without the requests for reactors."""
    failing = await a_roll_that_was_deleted_while_a_member_was_missing()
    failing.requests.failing = LeaseLost()  # the worker dies as it answers
    with pytest.raises(LeaseLost):
        await failing.projections("rolls").tick(Partition("rolls", 6), Lease.of())
    assert [request.projection for request in failing.requests.rows] == ["members", "expand"]


async def test_what_failed_again_is_no_reason_to_look() -> None:
    failing = await a_roll_that_was_deleted_while_a_member_was_missing()
    each = [unfoldable(p, joined(PERSON)) if p.name == "members" else p for p in of_topic("rolls")]
    replay = projector_replay("rolls", failing.world.store, each, reactors=reactors(), ask=failing.ask)
    tick = redriver(failing.requests, failing.world.log, failing.world.store, replay).tick
    await tick(Partition("rolls", 6), Lease.of())
    assert failing.asked == []


async def test_a_reactor_that_has_yet_to_reach_the_record_looks_when_it_has() -> None:
    """It may be in the middle of the batch that holds it, with the read models read before they were corrected."""
    world = World()
    failing, member = Failing(world, world.expand), joined(PERSON)
    for event in (created(CREATOR), closed(CREATOR), member):
        await world.log.append(event)
    await failing.fold("members", member)
    failing.requests.ask((world.views.letters[0].position, "members"))
    tp = Partition("rolls", 6)
    await failing.projections("rolls").tick(tp, Lease.of())
    redrive = failing.reacting("rolls")
    await redrive.tick(tp, Lease.of())
    assert (world.published, failing.requests.outcomes) == ([], [APPLIED, ""])
    await world.feed(world.handler(world.expand), "rolls", 6)
    await world.catch_up()
    await redrive.tick(tp, Lease.of())
    assert failing.requests.outcomes == [APPLIED, APPLIED]
    assert {type(event) for event in world.published} == {MemberRemoved}


async def test_a_photo_that_wasnt_due_anywhere_develops_once_it_was_redriven() -> None:
    """Its minute was passed long ago: `develop` goes back to it when it looks at PhotoTaken again.

    Seen to fail without the requests for reactors: the photo never develops."""
    world, tp = World(), PARTITION_OF_OWNER
    failing = Failing(world, develop := world.develop())
    await world.log.append(taken(1), filtered(1))
    await failing.fold("develop_due", taken(1))
    await world.feed(world.handler(develop), "photos")
    world.now = taken(1).develops_at + timedelta(hours=1)
    await develop.tick(tp, Lease.of())
    assert world.published == []
    failing.requests.ask((world.views.letters[0].position, "develop_due"))
    await failing.projections("photos").tick(tp, Lease.of())
    assert {name for _, name in failing.asked} == {each.name for each in reactors() if PhotoTaken in each.wants}
    await failing.reacting("photos").tick(tp, Lease.of())
    assert failing.requests.outcomes == [APPLIED, APPLIED]
    await develop.tick(tp, Lease.of())
    assert [type(event) for event in world.published] == [PhotoDeveloped]


async def test_a_second_correction_of_a_record_never_ties_with_the_first() -> None:
    """Seen to fail with each correction stamped alike: of the two titles the greater one in bytes stays."""
    world = World()
    created_at = created(CREATOR)
    await world.happen(created_at)
    ((tp, (record,)),) = world.log.partitions.items()
    corrections = MemoryCorrections()

    async def corrected(title: str) -> str:
        """The title after a fold that gives this one."""

        @projection(ROLL)
        def roll(event: RollCreated) -> list[Upsert]:
            return [ROLL.upsert(roll_id=event.roll_id, title=title)]

        replay = projector_replay("rolls", world.store, [roll], corrections)
        assert await replay([record], "*", Lease.of()) == {}
        return (await world.store.get(ROLL, created_at.roll_id)).title

    assert [await corrected(title) for title in ("z", "a", "m")] == ["z", "a", "m"]
    assert corrections.numbers == {(*tp, 0): 3}
