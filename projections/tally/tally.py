"""Tallies: a set with its size. Who likes, follows, is a member; and how many.

A set is cut into *shards*: by log partition, so that one worker writes a shard, and within that by the member's id into
as many *splits* as the tally says, so that none is too large for the database (`darkroom plan partitions`).

A member has a row for each beginning; it is in the set while one of its beginnings hasn't ended. Rows only ever gain
facts, so an event that comes twice or late changes nothing.


Two kinds of rows are exceptions, and are right because one writer reads them together with the rows that they follow
from, and stamps them from the log (docs/design.md, section 3, rule 5):

- A *member's own* row has the member's id in place of a beginning's. It says by which beginnings the member is `within`
  the set, at most WITHIN of them, how many `times` it began, and the `latest` of these. So neither a read nor a fold
  grows with how often somebody changed their mind. Where members begin but once, and their beginnings have their own
  ids (a comment, a photo of a person), that row is the beginning's.
- The row of NIL, which is no member, always exists and holds the shard's `total`, the `latest` time of a beginning,
  and the `position` (offset) up to which the shard was folded, with the `epoch` of its last correction there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, Self
from uuid import UUID

from events.codec import topic_of
from events.generated import Event
from events.ids import NIL
from events.topics import Partitioning
from projections.projection import subscription
from projections.store.table import Table


class Begins(Protocol):
    """An event, as far as a beginning needs it."""

    @property
    def event_id(self) -> UUID:
        """The beginning's id."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it begins."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """`member` is in `entity`'s set from `at` on, in a `role` where the set has roles. `beginning` is an id."""

    entity: UUID
    member: UUID
    beginning: UUID
    at: datetime
    role: str = ""

    @classmethod
    def of(cls, event: Begins, *, entity: UUID, member: UUID, role: str = "") -> Self:
        """The beginning that an event is: it has the event's id and time."""
        return cls(entity=entity, member=member, beginning=event.event_id, at=event.occurred_at, role=role)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The beginning with this id is over, for good."""

    entity: UUID
    member: UUID
    beginning: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The beginning with this id has another role."""

    entity: UUID
    member: UUID
    beginning: UUID
    role: str


Change = Begin | End | Mark


@dataclass(frozen=True, slots=True)
class Member:
    """A beginning of a member in a shard of a set; or, where `beginning` is the member, the member's own row.

    - `role_at`: the offset of the Mark that gave it its role; None for the role that it began with
    - `within`, `times`: of a member's own row (projections.tally.own)
    - `latest`: of a member's own row, and of the shard's; the rest is of the shard's"""

    entity: UUID
    shard: int
    beginning: UUID
    member: UUID
    begun: datetime | None = None
    ended: bool | None = None
    role: str | None = None
    role_at: int | None = None
    within: str | None = None
    times: int | None = None
    total: int | None = None
    latest: int | None = None
    position: int | None = None
    epoch: int | None = None

    @property
    def live(self) -> bool:
        """Whether it has begun and hasn't ended."""
        return self.begun is not None and not self.ended

    @property
    def own(self) -> bool:
        """Whether it is a member's own row."""
        return self.beginning == self.member != NIL


@dataclass(frozen=True, slots=True)
class Listed:
    """A beginning in order of time, ended or not: a candidate, to be checked against its member's rows."""

    entity: UUID
    shard: int
    begun: datetime
    member: UUID
    beginning: UUID


class Tally:
    """A named fold of one topic's events into a set and its size. Its name is its table, and its kind in `counts`."""

    def __init__(self, fold: Callable[..., list[Change]], *, keyed_by: "KeyedBy", listed: bool, splits: int):
        self.name, self.keyed_by, self.splits = fold.__name__, keyed_by, splits
        self.members = Table(self.name, Member, partition=2, clustering=2)
        by_time = f"{self.name}_by_time"
        self.listed = Table(by_time, Listed, partition=2, clustering=3, descending=True) if listed else None
        self.tables = (self.members, self.listed) if self.listed else (self.members,)
        self.events = subscription(fold)
        self.topics = sorted({topic_of(event) for event in self.events})
        self._fold = fold
        if len(self.topics) != 1:
            raise ValueError(f"the tally {self.name} is fed by {self.topics}: it must be one topic")

    def __call__(self, event: Event) -> list[Change]:
        return self._fold(event)

    def shard(self, partition: int, member: UUID) -> int:
        """The shard of a member whose events are in this partition of the log."""
        return partition * self.splits + member.int % self.splits

    def shards(self, partitioning: Partitioning, entity: UUID) -> range:
        """All shards that an entity's set can have, in a log that is so divided."""
        if self.keyed_by == "entity":
            first = partitioning.of(self.topics[0], entity) * self.splits
            return range(first, first + self.splits)
        return range(partitioning[self.topics[0]] * self.splits)


KeyedBy = Literal["entity", "member", "other"]  # whose facts feed a set: tells in which shards to look for a member


def tally(*, keyed_by: KeyedBy, listed: bool = True, splits: int = 1) -> Callable[[Callable[..., list[Change]]], Tally]:
    """Makes a fold a tally.

    - `keyed_by`: whose facts feed the set, so whose partition is a member's shard.
    - `listed`: whether the beginnings are also kept in order of time.
    - `splits`: into how many shards a partition's part of a set is cut. It can't be changed: members would move.
    """
    return lambda fold: Tally(fold, keyed_by=keyed_by, listed=listed, splits=splits)
