"""Executing a plan: in which order claims and records are written, and what is left where one of them fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from events.generated import Event, UserDeactivated
from events.positions import Position
from producers.decide.decision import Claim, Decision
from producers.decide.refusals import Conflict, Refusal, TooLarge
from producers.publisher import EncodedRecord, NotPublished, RefusedRecord
from producers.writes.execute import Executor, furthest
from producers.writes.plan import Plan
from projections.private.claims import FINAL, PENDING, Holder
from tests.gateway.world import ADA, BOB, NOW, MemoryClaims, begin, held_by, one

pytestmark = pytest.mark.anyio

NEW, OLD = Claim(kind="handle", value="new"), Claim(kind="handle", value="old")
RECORDS = (
    EncodedRecord("accounts", ADA, b"1"),
    EncodedRecord("accounts", ADA, b"2"),
    EncodedRecord("rolls", ADA, b"3"),
)
POSITIONS = [Position("rolls", 2, 7), Position("accounts", 1, 40), Position("accounts", 1, 41)]
PLAN = Plan(id=one("thing"), event_id=one("event"), owner=ADA, records=RECORDS, claim=NEW, release=OLD)
DONE = Plan(
    id=one("thing"),
    event_id=one("event"),
    owner=ADA,
    records=(),
    claim=NEW,
    release=OLD,
    position="accounts-1@41,rolls-2@7",
    done=True,
)
LEAVER = UserDeactivated(**begin("gone", ADA), user_id=ADA)


@dataclass
class Log:
    """A log that answers with given positions or an error, and keeps what the claims were as it was asked."""

    claims: MemoryClaims
    error: Exception | None = None
    seen: list[tuple[Sequence[EncodedRecord], str, dict[tuple[str, str], Holder]]] = field(default_factory=list)

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        if self.error is not None:
            raise self.error
        return [EncodedRecord("accounts", each.actor_id, each.event_id.bytes) for each in events]

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        self.seen.append((records, traceparent, dict(self.claims.kept)))
        if self.error is not None:
            raise self.error
        return POSITIONS[: len(records)]


def world(error: Exception | None = None) -> tuple[Executor, Log, MemoryClaims]:
    """Ada holds the old handle."""
    claims = MemoryClaims()
    claims.kept["handle", "old"] = held_by(ADA, one("earlier"), FINAL)
    log = Log(claims, error)
    return Executor(log, claims), log, claims


async def test_the_new_value_is_claimed_before_the_append_and_the_old_one_kept_until_after() -> None:
    executor, log, claims = world()
    assert await executor.execute(PLAN, NOW, "trace") == DONE
    pending = {
        ("handle", "old"): held_by(ADA, one("earlier"), FINAL),
        ("handle", "new"): held_by(ADA, one("event"), NOW + PENDING),
    }
    assert log.seen == [(RECORDS, "trace", pending)]
    assert claims.kept == {("handle", "new"): held_by(ADA, one("event"), FINAL)}


async def test_a_plan_that_claims_nothing_leaves_the_claims_as_they_are() -> None:
    executor, log, claims = world()
    before = dict(claims.kept)
    plan = Plan(id=one("thing"), event_id=one("event"), owner=ADA, records=RECORDS[:1])
    done = await executor.execute(plan, NOW)
    assert done == Plan(id=one("thing"), event_id=one("event"), owner=ADA, position="rolls-2@7", done=True)
    assert (log.seen, claims.kept) == ([(RECORDS[:1], "", before)], before)


async def test_nothing_is_appended_where_the_value_is_another_persons() -> None:
    executor, log, claims = world()
    claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), NOW + timedelta(microseconds=1))
    before = dict(claims.kept)
    with pytest.raises(Refusal) as raised:
        await executor.execute(PLAN, NOW)
    assert (type(raised.value), raised.value.detail) == (Conflict, "This handle is taken.")
    assert (log.seen, claims.kept) == ([], before)


@pytest.mark.parametrize("error", [NotPublished("away"), RefusedRecord("too large")])
async def test_an_append_that_fails_leaves_the_new_value_pending_and_the_old_one_held(error: Exception) -> None:
    executor, _, claims = world(error)
    with pytest.raises((NotPublished, TooLarge)) as raised:
        await executor.execute(PLAN, NOW)
    if isinstance(raised.value, TooLarge):
        assert raised.value.detail == "This is more than the log takes in one record."
    assert isinstance(raised.value, TooLarge) == isinstance(error, RefusedRecord)
    assert claims.kept == {
        ("handle", "old"): held_by(ADA, one("earlier"), FINAL),
        ("handle", "new"): held_by(ADA, one("event"), NOW + PENDING),
    }


async def test_executing_a_plan_again_appends_the_same_records_and_ends_the_same() -> None:
    executor, log, claims = world(NotPublished("away"))
    with pytest.raises(NotPublished):
        await executor.execute(PLAN, NOW)
    log.error = None
    assert await executor.execute(PLAN, NOW + timedelta(minutes=1)) == DONE
    assert await executor.execute(PLAN, NOW + timedelta(minutes=9)) == DONE
    assert [records for records, _, _ in log.seen] == [RECORDS] * 3
    assert log.seen[1][2]["handle", "new"] == held_by(ADA, one("event"), NOW + timedelta(minutes=6))
    assert claims.kept == {("handle", "new"): held_by(ADA, one("event"), FINAL)}


async def test_a_decision_becomes_a_plan_with_all_that_it_says() -> None:
    executor, _, _ = world()
    decision = Decision(id=one("thing"), event_id=one("event"), events=(LEAVER,), claim=NEW, release=OLD)
    record = EncodedRecord("accounts", ADA, LEAVER.event_id.bytes)
    expected = Plan(id=one("thing"), event_id=one("event"), owner=BOB, records=(record,), claim=NEW, release=OLD)
    assert await executor.plan(decision, BOB) == expected
    nothing = Plan(id=one("thing"), event_id=one("event"), owner=BOB, done=True)
    assert await executor.plan(Decision(id=one("thing"), event_id=one("event")), BOB) == nothing


async def test_what_belongs_to_somebody_who_has_no_key_any_more_is_not_changed() -> None:
    executor, _, _ = world(KeyError(ADA))
    with pytest.raises(Refusal) as raised:
        await executor.plan(Decision(id=one("thing"), event_id=one("event"), events=(LEAVER,)), ADA)
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
