"""Commands and decisions: what every decision is made from, and what it comes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from events.generated import Event
from events.ids import derived_id
from producers.decide.refusals import Code, TooMany
from producers.limits import BEGINNINGS


class Metadata(TypedDict):
    """The fields that every event begins with."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Who wants something done, by which request, and when.

    `at` has whole milliseconds, so that rows keep it exactly. All ids of what a command makes derive from its request,
    so that a retry makes the same events."""

    actor: UUID
    request: UUID
    at: datetime

    def derived_id(self, *names: object) -> UUID:
        """Returns the id of what this command makes under these names."""
        return derived_id(self.request, *names)

    def metadata(self, *names: object) -> Metadata:
        """Returns the first fields of the event that this command makes under these names."""
        return {"event_id": self.derived_id(*names), "occurred_at": self.at, "actor_id": self.actor}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A value that at most one person has, as `projections.private.claims` keeps it."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Events to append, in order. There are none if everything is as it was asked for already.

    `id` is what they make, change or end, and `event_id` the event that the answer names. `claim` is taken for that
    event before it is appended, and `release` given up afterwards."""

    id: UUID
    event_id: UUID
    events: tuple[Event, ...] = ()
    claim: Claim | None = None
    release: Claim | None = None


def accepted(thing: UUID, *events: Event, claim: Claim | None = None, release: Claim | None = None) -> Decision:
    """Decides for these events, the first of which the answer names. `thing`: what they make, change or end."""
    return Decision(id=thing, event_id=events[0].event_id, events=events, claim=claim, release=release)


def unchanged(event_id: UUID, *, thing: UUID | None = None) -> Decision:
    """Decides that there is nothing to append: this event began it. `thing`: what it made, if not named like it."""
    return Decision(id=thing or event_id, event_id=event_id)


def require_beginnings_left(times: int, what: str) -> None:
    """Raises TooMany if this began as often as it may. `what`: what the person has done, in their words."""
    if times >= BEGINNINGS:
        detail = f"You have {what} {times} times, which is as often as one can."
        raise TooMany(Code.BEGUN_TOO_OFTEN, detail)


def one_event_each(beginnings: Sequence[UUID], event: Callable[[UUID], Event]) -> Decision:
    """Decides for an event for each beginning, by the beginning's id; the answer names the oldest, which is first."""
    return accepted(beginnings[0], *map(event, beginnings))
