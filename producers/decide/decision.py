"""What every decision is made from, and what it comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from events.generated import Event
from events.ids import derived_id


class Beginning(TypedDict):
    """The fields that every event begins with."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody does something: who, by which request, and when (whole milliseconds, so that rows keep it exactly).

    All ids of what a request makes derive from its id, so that making it again makes the same facts."""

    actor: UUID
    request: UUID
    at: datetime

    def id_of(self, *names: object) -> UUID:
        """The id of what this request makes under these names."""
        return derived_id(self.request, *names)

    def begin(self, *names: object) -> Beginning:
        """The first fields of the event that this request makes under these names."""
        return self.event(self.id_of(*names))

    def event(self, event_id: UUID) -> Beginning:
        """The first fields of an event whose id derives from something else than the request."""
        return {"event_id": event_id, "occurred_at": self.at, "actor_id": self.actor}


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique value, as `projections.private.claims` keeps it."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Facts to append, in order, and the id of what they make or change. No facts: it is so already.

    `event_id` is the fact that the answer names; `takes` is claimed for it, and `gives_up` released after it."""

    id: UUID
    event_id: UUID
    events: tuple[Event, ...] = ()
    takes: Claim | None = None
    gives_up: Claim | None = None


def made(thing: UUID, *events: Event, **claims: Any) -> Decision:
    """Facts, the first of which is the one that the answer names."""
    return Decision(thing, events[0].event_id, events, **claims)


def already(beginning: UUID, thing: UUID | None = None) -> Decision:
    """Nothing to append: what was asked for began with this event, and made `thing`, if that has an id of its own."""
    return Decision(thing or beginning, beginning)
