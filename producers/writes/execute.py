"""Executes plans: claims what must be unique, appends the records, settles the claim.

A plan that an earlier attempt left may stand in the log already, in whole or in part, or be under way there. Appending
it again is harmless as long as every copy comes within `Settings.copy_window` of where its record first stands: then
readers pass it by. An older plan is looked for in the log:

- All of it is there: it is done.
- A part is there: the rest is appended. What the log doesn't hold up to an end that was asked for a moment ago can
  only come to stand after it, within LANDED_SECONDS, and so can what is appended now: one of them will be a copy.
- Nothing is there: PlanLost. It must be decided anew, because what it was decided on is long past.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from events.delivery import LANDED_SECONDS
from events.generated import Event
from events.positions import Position, format_positions
from producers.decide.accounts import handle_taken
from producers.decide.decision import Claim, Decision
from producers.decide.refusals import Code, Conflict, TooLarge
from producers.publisher import EncodedRecord, NotPublished, RefusedRecord
from producers.writes.plan import KeptPlan, Plan, planned
from projections.private.claims import Claimed, Holder

# What may pass between a look (at a plan's age, a claim, the log's end) and the append, or the new plan, that follows.
LOOKED_SECONDS = 30.0
# Ages are differences of two nodes' clocks: one that is further below zero makes no sense.
NODES_SECONDS = 5.0
DAY = timedelta(days=1)  # for which requests are kept


class PlanLost(Exception):
    """Nothing of a plan is in the log, and it is too old to be appended again: it must be decided anew.

    `certain`: whether no record of it can be under way any more."""

    def __init__(self, certain: bool):
        super().__init__("nothing of the plan is in the log")
        self.certain = certain


class Log(Protocol):
    """What an executor needs of the log: see Publisher."""

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        """Returns events in the log's form. Raises KeyError if a personal field's owner has no key."""
        ...

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        """Appends records in order; returns their positions once all are acknowledged. Raises RefusedRecord."""
        ...


class LogSearch(Protocol):
    """Looks for records in the log."""

    async def find(self, records: Sequence[EncodedRecord], since: datetime) -> list[Position | None]:
        """Returns where each record's event first stands, from a time to the log's present end; None if nowhere.

        Raises NotPublished if the log can't be read to its end in time."""
        ...


class Owners(Protocol):
    """Knows for certain what people have."""

    async def has(self, owner: UUID, claim: Claim) -> bool:
        """Returns whether a person has a value, after all that is in the log by now.

        Raises StoreUnavailable or NotPublished if that can't be told now."""
        ...


class ClaimStore(Protocol):
    """Who has which unique value: see Claims."""

    async def claim(
        self, *, kind: str, value: str, owner: UUID, event_id: UUID, instead_of: Holder | None = None
    ) -> None:
        """Claims a value for an event that isn't appended yet. Raises Claimed if somebody else's claim is there."""
        ...

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        """Makes an event's claim final: the event is in the log."""
        ...

    async def release(self, *, kind: str, value: str, owner: UUID, event_id: UUID) -> None:
        """Gives up a value that its owner no longer has: it is others' after a deadline."""
        ...

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        """Returns who has a value, or has claimed it."""
        ...


class Executor:
    """Makes plans of decisions, and executes them. A plan may be executed again: its records are the same."""

    def __init__(self, log: Log, claims: ClaimStore, search: LogSearch, owners: Owners, copy_window: float):
        """`copy_window`: within how many seconds a record that stands again is a copy."""
        self._log, self._claims, self._search, self._owners = log, claims, search, owners
        self._window = copy_window
        # What is handed over until then lands within the window of whatever stands first, also where that is of a plan
        # that was lost: it can't stand before the log was searched for it.
        self._again = copy_window - LANDED_SECONDS - 2 * LOOKED_SECONDS

    async def plan(self, decision: Decision, owner: UUID) -> Plan:
        """Puts a decision's events into the log's form. Nothing is durable afterwards.

        Raises Conflict if one has personal data of somebody whose key is gone."""
        try:
            return planned(decision, owner, await self._log.records(decision.events))
        except KeyError as error:
            detail = "This belongs to somebody who has left Darkroom: it can't be changed."
            raise Conflict(Code.OWNER_ERASED, detail) from error

    async def execute(self, kept: KeptPlan, traceparent: str = "") -> Plan:
        """Claims, appends, then settles and releases at once; returns the plan as executed.

        Nothing is in the log before the claim is there, so a crash in between leaves at most a pending claim, which
        ends at its deadline. Once the records are appended the write stands.

        Raises Conflict if what it claims is taken; TooLarge if the log takes no such record; PlanLost. Raises
        StoreUnavailable or NotPublished if it may or may not have happened: the same plan may be executed again."""
        plan, looked_at = kept.plan, now()
        found: list[Position | None] = [None] * len(plan.records)
        if not self._young(kept):
            found = await self._search.find(plan.records, searched_from(kept))
            if not any(found):
                raise PlanLost(certain=kept.age_at(looked_at) >= self._window)
        missing = [record for record, position in zip(plan.records, found, strict=True) if position is None]
        if plan.claim is not None and found[0] is None:
            await self._claim(plan, plan.claim)
        if now() - looked_at > LOOKED_SECONDS:
            raise NotPublished("it took too long to look before the append: nothing was appended")
        try:
            appended = await self._log.append(missing, traceparent) if missing else []
        except RefusedRecord as error:
            raise TooLarge(Code.RECORD_TOO_LARGE, "This is more than the log takes in one record.") from error
        await self._settle(kept)
        return plan.executed(format_positions(furthest([*filter(None, found), *appended])))

    def _young(self, kept: KeptPlan) -> bool:
        """Returns whether all copies of a plan's records come within the window, also those that are appended now."""
        return kept.age >= -NODES_SECONDS and kept.age_at(now()) <= self._again

    async def _claim(self, plan: Plan, claim: Claim) -> None:
        """Claims at execution and not when it is decided: the deadline must lie beyond what the append may take.

        Then it looks at the claim once more. Raises Conflict if it is another's."""
        kind, value = claim.kind, claim.value
        try:
            await self._claims.claim(kind=kind, value=value, owner=plan.owner, event_id=plan.event_id)
        except Claimed as claimed:
            await self._take_over(plan, claim, claimed.holder)
        holder = await self._claims.holder(kind=kind, value=value)
        if holder is None or holder.owner != plan.owner or holder.lapsed:
            raise handle_taken()

    async def _take_over(self, plan: Plan, claim: Claim, holder: Holder | None) -> None:
        """Takes a claim over that has lapsed, if its owner doesn't have the value. Raises Conflict otherwise.

        Whatever could give it to its owner has landed by now, or never will: it lapsed LANDED_SECONDS after the last
        append that it allowed. If an append is allowed meanwhile, the claim is another one than was read."""
        if holder is None or holder.final or not holder.lapsed:
            raise handle_taken()
        kind, value = claim.kind, claim.value
        if await self._owners.has(holder.owner, claim):
            await self._claims.settle(kind=kind, value=value, event_id=holder.event_id)
            raise handle_taken()
        try:
            await self._claims.claim(
                kind=kind, value=value, owner=plan.owner, event_id=plan.event_id, instead_of=holder
            )
        except Claimed:
            raise handle_taken() from None

    async def _settle(self, kept: KeptPlan) -> None:
        """Makes the plan's claim final, and releases what its owner no longer has.

        If this wasn't the first attempt, the event may have stood for long, and its owner have gone on to another
        value: then the claim is left to lapse, and who wants the value looks whether its owner has it."""
        plan, work = kept.plan, list[Awaitable[None]]()
        if plan.claim is not None and not kept.tried:
            claim = plan.claim
            work.append(self._claims.settle(kind=claim.kind, value=claim.value, event_id=plan.event_id))
        if plan.release is not None:
            kind, value = plan.release.kind, plan.release.value
            work.append(self._claims.release(kind=kind, value=value, owner=plan.owner, event_id=plan.event_id))
        await asyncio.gather(*work)


def now() -> float:
    """Returns the event loop's time, in seconds."""
    return asyncio.get_running_loop().time()


def searched_from(kept: KeptPlan) -> datetime:
    """Returns a time before which no record of a plan can be in the log, by the database's clock.

    Raises NotPublished if there is none: an attempt stood still with a plan that it made itself."""
    if kept.kept_at is None:
        raise NotPublished("it took too long to append the plan")
    if kept.age >= -NODES_SECONDS:
        return kept.kept_at
    return kept.kept_at + timedelta(seconds=kept.age) - DAY  # the clock was set back: as long ago as plans are kept


def furthest(positions: Sequence[Position]) -> list[Position]:
    """Returns the furthest position of each partition: whoever has passed it has passed them all."""
    last: dict[tuple[str, int], Position] = {}
    for position in sorted(positions):
        last[position.topic, position.partition] = position
    return list(last.values())
