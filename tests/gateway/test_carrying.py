"""Carrying out a plan: in which order claims and records are written, and what is left where one of them fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from events.generated import Event, UserDeactivated
from events.positions import Position
from producers.decide.decision import Claim, Decision
from producers.publisher import NotPublished, Record, RefusedRecord
from producers.writes.execute import Carrier, furthest
from producers.writes.plan import Plan
from projections.private.claims import FINAL, PENDING
from tests.gateway.world import ADA, BOB, NOW, MemoryClaims, begin, one
from tests.kit import run
from web.problems import Problem

NEW, OLD = Claim("handle", "new"), Claim("handle", "old")
RECORDS = (Record("accounts", ADA, b"1"), Record("accounts", ADA, b"2"), Record("rolls", ADA, b"3"))
POSITIONS = [Position("rolls", 2, 7), Position("accounts", 1, 40), Position("accounts", 1, 41)]
PLAN = Plan(one("thing"), one("event"), ADA, RECORDS, takes=NEW, gives_up=OLD)
DONE = Plan(one("thing"), one("event"), ADA, (), takes=NEW, gives_up=OLD, position="accounts-1@41,rolls-2@7", done=True)
LEAVER = UserDeactivated(**begin("gone", ADA), user_id=ADA)


@dataclass
class Log:
    """A log that answers with given positions or an error, and keeps what the claims were as it was asked."""

    claims: MemoryClaims
    error: Exception | None = None
    seen: list[tuple[Sequence[Record], str, dict[tuple[str, str], tuple[UUID, UUID, datetime]]]] = field(
        default_factory=list
    )

    async def records(self, events: Sequence[Event]) -> list[Record]:
        if self.error is not None:
            raise self.error
        return [Record("accounts", each.actor_id, each.event_id.bytes) for each in events]

    async def append(self, records: Sequence[Record], traceparent: str = "") -> list[Position]:
        self.seen.append((records, traceparent, dict(self.claims.kept)))
        if self.error is not None:
            raise self.error
        return POSITIONS[: len(records)]


def world(error: Exception | None = None) -> tuple[Carrier, Log, MemoryClaims]:
    """Ada holds the old handle."""
    claims = MemoryClaims()
    claims.kept["handle", "old"] = (ADA, one("earlier"), FINAL)
    log = Log(claims, error)
    return Carrier(log, claims), log, claims


def test_the_new_value_is_claimed_before_the_append_and_the_old_one_kept_until_after() -> None:
    async def case() -> None:
        carrier, log, claims = world()
        assert await carrier.carry_out(PLAN, NOW, "trace") == DONE
        pending = {
            ("handle", "old"): (ADA, one("earlier"), FINAL),
            ("handle", "new"): (ADA, one("event"), NOW + PENDING),
        }
        assert log.seen == [(RECORDS, "trace", pending)]
        assert claims.kept == {("handle", "new"): (ADA, one("event"), FINAL)}

    run(case())


def test_a_plan_that_claims_nothing_leaves_the_claims_as_they_are() -> None:
    async def case() -> None:
        carrier, log, claims = world()
        before = dict(claims.kept)
        plan = Plan(one("thing"), one("event"), ADA, RECORDS[:1])
        done = await carrier.carry_out(plan, NOW)
        assert done == Plan(one("thing"), one("event"), ADA, position="rolls-2@7", done=True)
        assert (log.seen, claims.kept) == ([(RECORDS[:1], "", before)], before)

    run(case())


def test_nothing_is_appended_where_the_value_is_another_persons() -> None:
    async def case() -> None:
        carrier, log, claims = world()
        claims.kept["handle", "new"] = (BOB, one("bob's event"), NOW + timedelta(microseconds=1))
        before = dict(claims.kept)
        with pytest.raises(Problem) as problem:
            await carrier.carry_out(PLAN, NOW)
        assert (problem.value.status, problem.value.detail) == (409, "This handle is taken.")
        assert (log.seen, claims.kept) == ([], before)

    run(case())


@pytest.mark.parametrize("error", [NotPublished("away"), RefusedRecord("too large")])
def test_an_append_that_fails_leaves_the_new_value_pending_and_the_old_one_held(error: Exception) -> None:
    async def case() -> None:
        carrier, _, claims = world(error)
        with pytest.raises((NotPublished, Problem)) as raised:
            await carrier.carry_out(PLAN, NOW)
        if isinstance(raised.value, Problem):
            expected = (413, "This is more than the log takes in one record.")
            assert (raised.value.status, raised.value.detail) == expected
        assert isinstance(raised.value, Problem) == isinstance(error, RefusedRecord)
        assert claims.kept == {
            ("handle", "old"): (ADA, one("earlier"), FINAL),
            ("handle", "new"): (ADA, one("event"), NOW + PENDING),
        }

    run(case())


def test_carrying_a_plan_out_again_appends_the_same_records_and_ends_the_same() -> None:
    async def case() -> None:
        carrier, log, claims = world(NotPublished("away"))
        with pytest.raises(NotPublished):
            await carrier.carry_out(PLAN, NOW)
        log.error = None
        assert await carrier.carry_out(PLAN, NOW + timedelta(minutes=1)) == DONE
        assert await carrier.carry_out(PLAN, NOW + timedelta(minutes=9)) == DONE
        assert [records for records, _, _ in log.seen] == [RECORDS] * 3
        assert log.seen[1][2]["handle", "new"] == (ADA, one("event"), NOW + timedelta(minutes=6))
        assert claims.kept == {("handle", "new"): (ADA, one("event"), FINAL)}

    run(case())


def test_a_decision_becomes_a_plan_with_all_that_it_says() -> None:
    async def case() -> None:
        carrier, _, _ = world()
        decision = Decision(one("thing"), one("event"), (LEAVER,), takes=NEW, gives_up=OLD)
        record = Record("accounts", ADA, LEAVER.event_id.bytes)
        expected = Plan(one("thing"), one("event"), BOB, (record,), takes=NEW, gives_up=OLD)
        assert await carrier.plan(decision, BOB) == expected
        nothing = Plan(one("thing"), one("event"), BOB, done=True)
        assert await carrier.plan(Decision(one("thing"), one("event")), BOB) == nothing

    run(case())


def test_what_belongs_to_somebody_who_has_no_key_any_more_is_not_changed() -> None:
    async def case() -> None:
        carrier, _, _ = world(KeyError(ADA))
        with pytest.raises(Problem) as problem:
            await carrier.plan(Decision(one("thing"), one("event"), (LEAVER,)), ADA)
        assert problem.value.status == 409
        assert problem.value.detail == "This belongs to somebody who has left Darkroom: it can't be changed."

    run(case())


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
