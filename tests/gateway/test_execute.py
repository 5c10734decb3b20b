"""Executing a plan: in which order claims and records are written, and what is left where one of them fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.delivery import LANDED_SECONDS
from events.generated import Event
from events.positions import Position
from events.settings import Settings
from producers.decide.decision import Claim
from producers.decide.refusals import Conflict, TooLarge
from producers.log_search import SEARCH_SECONDS
from producers.publisher import EncodedRecord, NotPublished, RefusedRecord
from producers.writes.execute import LOOKED_SECONDS, NODES_SECONDS, Executor, PlanLost
from producers.writes.plan import KeptPlan, Plan, new_plan
from projections.private.claims import FINAL, PENDING_SECONDS, Holder
from tests.gateway.memory import NOW, MemoryClaims, held_by
from tests.gateway.world import ADA, BOB, one
from tests.travelling import travel

pytestmark = pytest.mark.anyio

NEW, OLD = Claim(kind="handle", value="new"), Claim(kind="handle", value="old")
RECORDS = (
    EncodedRecord("accounts", ADA, b"1"),
    EncodedRecord("accounts", ADA, b"2"),
    EncodedRecord("rolls", ADA, b"3"),
)
POSITIONS = [Position("accounts", 1, 40), Position("accounts", 1, 41), Position("rolls", 2, 7)]
WINDOW = 600
AGAIN = WINDOW - LANDED_SECONDS - 2 * LOOKED_SECONDS  # seconds: how old a plan may be that is appended blindly
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
        self.seen.append((tuple(records), traceparent, dict(self.claims.kept)))
        if self.error is not None:
            raise self.error
        return [POSITIONS[RECORDS.index(record)] for record in records]


@dataclass
class World:
    """An executor and what it works with: `found` is what a search finds, `has` what owners have for certain."""

    claims: MemoryClaims = field(default_factory=MemoryClaims)
    found: Sequence[Position | None] | Exception = ()
    searched: list[datetime] = field(default_factory=list)
    has_value: set[tuple[UUID, str]] = field(default_factory=set[tuple[UUID, str]])

    def __post_init__(self) -> None:
        self.claims.kept["handle", "old"] = held_by(ADA, one("earlier"), FINAL)
        self.log = Log(self.claims)
        self.executor = Executor(self.log, self.claims, self, self, WINDOW)

    async def find(self, records: Sequence[EncodedRecord], since: datetime) -> list[Position | None]:
        assert tuple(records) == RECORDS
        self.searched.append(since)
        if isinstance(self.found, Exception):
            raise self.found
        return list(self.found)

    async def has(self, owner: UUID, claim: Claim) -> bool:
        return (owner, claim.value) in self.has_value

    async def execute(self, age: float | None = None, trace: str = "") -> Plan:
        """Executes the plan: this attempt's own, or one that another attempt left so many seconds ago."""
        if age is None:
            return await self.executor.execute(new_plan(PLAN), trace)
        time = asyncio.get_running_loop().time()
        kept_at = self.claims.clock.now - timedelta(seconds=age)
        return await self.executor.execute(KeptPlan(plan=PLAN, kept_at=kept_at, age=age, read_at=time), trace)


LAPSES = NOW + timedelta(seconds=PENDING_SECONDS)
PENDING = {
    ("handle", "old"): held_by(ADA, one("earlier"), FINAL),
    ("handle", "new"): held_by(ADA, one("event"), LAPSES),
}
SETTLED = {
    ("handle", "old"): held_by(ADA, one("event"), LAPSES),
    ("handle", "new"): held_by(ADA, one("event"), FINAL),
}
TAKEN = "This handle is taken."


async def test_the_new_value_is_claimed_before_the_append_and_the_old_one_kept_until_after() -> None:
    here = World()
    assert await here.execute(trace="trace") == DONE
    assert here.log.seen == [(RECORDS, "trace", PENDING)]
    assert here.claims.kept == SETTLED


async def test_a_plan_that_claims_nothing_leaves_the_claims_as_they_are() -> None:
    here = World()
    before = dict(here.claims.kept)
    plan = Plan(id=one("thing"), event_id=one("event"), owner=ADA, records=RECORDS[2:])
    done = await here.executor.execute(new_plan(plan))
    assert done == Plan(id=one("thing"), event_id=one("event"), owner=ADA, position="rolls-2@7", done=True)
    assert (here.log.seen, here.claims.kept) == ([(RECORDS[2:], "", before)], before)


@pytest.mark.parametrize(
    ("until", "refused"),
    [(FINAL, True), (NOW + timedelta(microseconds=1), True), (NOW, False), (NOW - timedelta(days=1), False)],
)
async def test_nothing_is_appended_where_the_value_is_anothers_or_may_become_so(until: datetime, refused: bool) -> None:
    here = World()
    here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), until)
    before = dict(here.claims.kept)
    if not refused:
        assert await here.execute() == DONE
        return
    with pytest.raises(Conflict, match=TAKEN):
        await here.execute()
    assert (here.log.seen, here.claims.kept) == ([], before)


async def test_a_claim_that_lapsed_is_its_owners_for_good_if_the_event_has_landed() -> None:
    here = World(has_value={(BOB, "new")})
    here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), NOW)
    with pytest.raises(Conflict, match=TAKEN):
        await here.execute()
    assert here.log.seen == []
    assert here.claims.kept["handle", "new"] == held_by(BOB, one("bob's event"), FINAL)


async def test_nothing_is_appended_if_the_claim_is_lost_before_the_append(monkeypatch: pytest.MonkeyPatch) -> None:
    here = World()
    claim = here.claims.claim

    async def claim_and_lose(**of: Any) -> None:
        await claim(**of)
        here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), LAPSES)

    monkeypatch.setattr(here.claims, "claim", claim_and_lose)
    with pytest.raises(Conflict, match=TAKEN):
        await here.execute()
    assert here.log.seen == []


@pytest.mark.parametrize("seconds", [LOOKED_SECONDS, LOOKED_SECONDS + 1])
def test_nothing_is_appended_long_after_the_claim_was_looked_at(seconds: float) -> None:
    async def scenario() -> None:
        here = World()
        claim = here.claims.claim

        async def claim_and_stall(**of: Any) -> None:
            await claim(**of)
            await asyncio.sleep(seconds)

        here.claims.claim = claim_and_stall  # type: ignore[method-assign]
        if seconds <= LOOKED_SECONDS:
            assert await here.execute() == DONE
            return
        with pytest.raises(NotPublished):
            await here.execute()
        assert here.log.seen == []

    travel(scenario())


@pytest.mark.parametrize("error", [NotPublished("away"), RefusedRecord("too large")])
async def test_an_append_that_fails_leaves_the_new_value_pending_and_the_old_one_held(error: Exception) -> None:
    here = World()
    here.log.error = error
    with pytest.raises((NotPublished, TooLarge)) as raised:
        await here.execute()
    if isinstance(raised.value, TooLarge):
        assert raised.value.detail == "This is more than the log takes in one record."
    assert isinstance(raised.value, TooLarge) == isinstance(error, RefusedRecord)
    assert here.claims.kept == PENDING


@pytest.mark.parametrize("age", [0.0, 60.0, AGAIN - 1, -NODES_SECONDS])
async def test_a_young_plan_is_appended_again_without_a_search(age: float) -> None:
    here = World()
    assert await here.execute(age) == DONE
    assert [records for records, _, _ in here.log.seen] == [RECORDS]
    assert here.searched == []
    assert here.claims.kept == SETTLED | {("handle", "new"): held_by(ADA, one("event"), LAPSES)}  # left to lapse


OLD_PLANS = [AGAIN + 1.0, WINDOW, 3600.0, 80_000.0]


@pytest.mark.parametrize("age", OLD_PLANS)
async def test_an_old_plan_that_is_all_in_the_log_is_done(age: float) -> None:
    here = World(found=POSITIONS)
    here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), FINAL)  # its time is over: that is no matter
    assert await here.execute(age) == DONE
    assert here.log.seen == []
    assert here.searched == [NOW - timedelta(seconds=age)]
    assert here.claims.kept["handle", "new"] == held_by(BOB, one("bob's event"), FINAL)


@pytest.mark.parametrize("age", OLD_PLANS)
async def test_of_an_old_plan_that_is_partly_in_the_log_the_rest_is_appended(age: float) -> None:
    here = World(found=[POSITIONS[0], None, POSITIONS[2]])
    here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), FINAL)  # its event stands already
    assert await here.execute(age) == DONE
    assert [records for records, _, _ in here.log.seen] == [RECORDS[1:2]]


async def test_what_is_missing_of_an_old_plan_is_claimed_for_if_that_is_the_event_that_claims() -> None:
    here = World(found=[None, None, POSITIONS[2]])
    here.claims.kept["handle", "new"] = held_by(BOB, one("bob's event"), FINAL)
    with pytest.raises(Conflict, match=TAKEN):
        await here.execute(3600)
    assert here.log.seen == []


@pytest.mark.parametrize("age", OLD_PLANS)
async def test_an_old_plan_that_is_nowhere_in_the_log_is_lost(age: float) -> None:
    here = World(found=[None, None, None])
    before = dict(here.claims.kept)
    with pytest.raises(PlanLost) as raised:
        await here.execute(age)
    assert raised.value.certain == (age >= WINDOW)
    assert (here.log.seen, here.claims.kept) == ([], before)


async def test_a_log_that_cannot_be_searched_is_no_log_without_the_plan() -> None:
    here = World(found=NotPublished("the log couldn't be searched"))
    with pytest.raises(NotPublished):
        await here.execute(3600)
    assert here.log.seen == []


async def test_an_age_that_makes_no_sense_is_no_age() -> None:
    here = World(found=[None, None, None])
    with pytest.raises(PlanLost) as raised:
        await here.execute(-3600)
    assert not raised.value.certain
    assert here.searched == [NOW - timedelta(days=1)]  # as far back as a plan is kept


def test_a_plan_ages_while_an_attempt_stands_still_with_it() -> None:
    async def scenario() -> None:
        here = World(found=[None, None, None])
        kept = KeptPlan(plan=PLAN, kept_at=NOW, age=0.0, read_at=asyncio.get_running_loop().time())
        await asyncio.sleep(AGAIN + 1)
        with pytest.raises(PlanLost):
            await here.executor.execute(kept)
        own = new_plan(PLAN)
        await asyncio.sleep(AGAIN + 1)
        with pytest.raises(NotPublished):
            await here.executor.execute(own)
        assert here.log.seen == []

    travel(scenario())


def test_what_is_appended_again_lands_within_the_window() -> None:
    assert AGAIN + LOOKED_SECONDS + LANDED_SECONDS <= WINDOW
    assert Settings().copy_window == WINDOW
    assert SEARCH_SECONDS < LOOKED_SECONDS
