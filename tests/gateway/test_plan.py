"""Plans: what a decision becomes, and where an answer says that it is."""

import pytest

from events.generated import UserDeactivated
from events.positions import Position
from producers.decide.decision import Decision
from producers.decide.refusals import Conflict, Refusal
from producers.publisher import EncodedRecord
from producers.writes.execute import furthest
from producers.writes.plan import Plan
from tests.gateway.test_execute import NEW, OLD, World
from tests.gateway.world import ADA, BOB, begin, one

pytestmark = pytest.mark.anyio

LEAVER = UserDeactivated(**begin("gone", ADA), user_id=ADA)


async def test_a_decision_becomes_a_plan_with_all_that_it_says() -> None:
    executor = World().executor
    decision = Decision(id=one("thing"), event_id=one("event"), events=(LEAVER,), claim=NEW, release=OLD)
    record = EncodedRecord("accounts", ADA, LEAVER.event_id.bytes)
    expected = Plan(id=one("thing"), event_id=one("event"), owner=BOB, records=(record,), claim=NEW, release=OLD)
    assert await executor.plan(decision, BOB) == expected
    nothing = Plan(id=one("thing"), event_id=one("event"), owner=BOB, done=True)
    assert await executor.plan(Decision(id=one("thing"), event_id=one("event")), BOB) == nothing


async def test_what_belongs_to_somebody_who_has_no_key_any_more_is_not_changed() -> None:
    here = World()
    here.log.error = KeyError(ADA)
    with pytest.raises(Refusal) as raised:
        await here.executor.plan(Decision(id=one("thing"), event_id=one("event"), events=(LEAVER,)), ADA)
    assert isinstance(raised.value, Conflict)
    assert raised.value.detail == "This belongs to somebody who has left Darkroom: it can't be changed."


def at(partition: int, offset: int, topic: str = "photos") -> Position:
    return Position(topic, partition, offset)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([], []),
        ([at(3, 41), at(3, 42)], [at(3, 42)]),
        ([at(3, 42), at(3, 41)], [at(3, 42)]),
        ([at(3, 9), at(3, 10), at(3, 8)], [at(3, 10)]),
        ([at(3, 5), at(2, 9), at(3, 4)], [at(2, 9), at(3, 5)]),
        ([at(3, 1), at(3, 2, "rolls"), at(3, 0, "rolls")], [at(3, 1), at(3, 2, "rolls")]),
    ],
)
def test_of_each_partition_the_furthest_position_is_said(positions: list[Position], expected: list[Position]) -> None:
    assert furthest(positions) == expected
