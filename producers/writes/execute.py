"""Executes plans: claims what must be unique, appends the records, settles the claim."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.generated import Event
from events.positions import Position, format_positions
from producers.decide.accounts import handle_taken
from producers.decide.decision import Decision
from producers.decide.refusals import Code, Conflict, TooLarge
from producers.publisher import EncodedRecord, RefusedRecord
from producers.writes.plan import Plan, planned
from projections.private.claims import Claimed, Holder


class Log(Protocol):
    """What an executor needs of the log: see Publisher."""

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        """Returns events in the log's form. Raises KeyError if a personal field's owner has no key."""
        ...

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        """Appends records in order; returns their positions once all are acknowledged. Raises RefusedRecord."""
        ...


class ClaimStore(Protocol):
    """Who has which unique value: see Claims."""

    async def claim(self, *, kind: str, value: str, owner: UUID, event_id: UUID, now: datetime) -> None:
        """Claims a value for an event that isn't appended yet. Raises Claimed if another has it."""
        ...

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        """Makes an event's claim final: the event is in the log."""
        ...

    async def release(self, *, kind: str, value: str, owner: UUID) -> None:
        """Gives up a value that its owner no longer has."""
        ...

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        """Returns who has a value, or has claimed it."""
        ...


class Executor:
    """Makes plans of decisions, and executes them. A plan may be executed again: its records are the same."""

    def __init__(self, log: Log, claims: ClaimStore):
        self._log, self._claims = log, claims

    async def plan(self, decision: Decision, owner: UUID) -> Plan:
        """Puts a decision's events into the log's form. Nothing is durable afterwards.

        Raises Conflict if one has personal data of somebody whose key is gone."""
        try:
            return planned(decision, owner, await self._log.records(decision.events))
        except KeyError as error:
            detail = "This belongs to somebody who has left Darkroom: it can't be changed."
            raise Conflict(Code.OWNER_ERASED, detail) from error

    async def execute(self, plan: Plan, now: datetime, traceparent: str = "") -> Plan:
        """Claims, appends, settles and releases, in this order; returns the plan as executed.

        Nothing is in the log before the claim is there, so a crash in between leaves at most a pending claim, which
        ends at its deadline. Once the records are appended the write stands; the claim is settled by the next attempt
        if this one crashes first.

        Raises Conflict if what it claims is taken; TooLarge if the log takes no such record. Raises StoreUnavailable or
        NotPublished if it may or may not have happened: the same plan may be executed again."""
        await self._claim(plan, now)
        try:
            positions = await self._log.append(plan.records, traceparent)
        except RefusedRecord as error:
            raise TooLarge(Code.RECORD_TOO_LARGE, "This is more than the log takes in one record.") from error
        await self._settle(plan)
        return plan.executed(format_positions(furthest(positions)))

    async def _claim(self, plan: Plan, now: datetime) -> None:
        """Claims at execution and not when it is decided: the deadline must lie beyond what the append may take."""
        if plan.claim is None:
            return
        kind, value = plan.claim.kind, plan.claim.value
        try:
            await self._claims.claim(kind=kind, value=value, owner=plan.owner, event_id=plan.event_id, now=now)
        except Claimed:
            raise handle_taken() from None

    async def _settle(self, plan: Plan) -> None:
        """Makes the plan's claim final, and releases what its owner no longer has."""
        if plan.claim is not None:
            await self._claims.settle(kind=plan.claim.kind, value=plan.claim.value, event_id=plan.event_id)
        if plan.release is not None:
            await self._claims.release(kind=plan.release.kind, value=plan.release.value, owner=plan.owner)


def furthest(positions: Sequence[Position]) -> list[Position]:
    """Returns the furthest position of each partition: whoever has passed it has passed them all."""
    last: dict[tuple[str, int], Position] = {}
    for position in sorted(positions):
        last[position.topic, position.partition] = position
    return list(last.values())
