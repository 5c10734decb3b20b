"""Carrying out a decision: what must be unique is claimed, the facts are appended, the claim is settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.generated import Event
from events.positions import Position, format_positions
from producers.decide.accounts import HANDLE_TAKEN
from producers.decide.decision import Decision
from producers.publisher import Record, RefusedRecord
from producers.writes.plan import Plan, planned
from projections.private.claims import Claimed
from web.problems import Problem


class Log(Protocol):
    """What is asked of the log: see Publisher."""

    async def records(self, events: Sequence[Event]) -> list[Record]:
        """Events in the log's form."""
        ...

    async def append(self, records: Sequence[Record], traceparent: str = "") -> list[Position]:
        """Appends records in order."""
        ...


class UniqueValues(Protocol):
    """Who holds what must be unique: see Claims."""

    async def claim(self, kind: str, value: str, owner: UUID, event_id: UUID, now: datetime) -> None:
        """Claims a value for an event. Claimed."""
        ...

    async def settle(self, kind: str, value: str, event_id: UUID) -> None:
        """The event is in the log."""
        ...

    async def release(self, kind: str, value: str, owner: UUID) -> None:
        """Its owner has it no longer."""
        ...

    async def holder(self, kind: str, value: str) -> tuple[UUID, UUID, datetime] | None:
        """Owner, event, and until when."""
        ...


class Carrier:
    """Makes plans of decisions, and carries them out. A plan may be carried out again: the facts are the same."""

    def __init__(self, log: Log, claims: UniqueValues):
        self._log, self._claims = log, claims

    async def plan(self, decision: Decision, owner: UUID) -> Plan:
        """The decision's facts as records. Problem 409 if one is about somebody whose key is gone."""
        try:
            return planned(decision, owner, await self._log.records(decision.events))
        except KeyError as error:
            raise Problem(409, "This belongs to somebody who has left Darkroom: it can't be changed.") from error

    async def carry_out(self, plan: Plan, now: datetime, traceparent: str = "") -> Plan:
        """Appends a plan's records. Problem 409 if what they claim is taken, 413 if a record is too large.

        StoreUnavailable, NotPublished: it may have happened, and may be tried again."""
        if plan.takes is not None:
            # Now, and not when it was decided: its deadline must lie beyond what this append may take.
            try:
                await self._claims.claim(plan.takes.kind, plan.takes.value, plan.owner, plan.event_id, now)
            except Claimed:
                raise Problem(409, HANDLE_TAKEN) from None
        try:
            positions = await self._log.append(plan.records, traceparent)
        except RefusedRecord as error:
            raise Problem(413, "This is more than the log takes in one record.") from error
        if plan.takes is not None:
            await self._claims.settle(plan.takes.kind, plan.takes.value, plan.event_id)
        if plan.gives_up is not None:
            await self._claims.release(plan.gives_up.kind, plan.gives_up.value, plan.owner)
        return plan.carried_out(format_positions(furthest(positions)))


def furthest(positions: Sequence[Position]) -> list[Position]:
    """Of each partition the furthest position: whoever has passed it has passed them all."""
    most: dict[tuple[str, int], Position] = {}
    for position in sorted(positions):
        most[position.topic, position.partition] = position
    return list(most.values())
