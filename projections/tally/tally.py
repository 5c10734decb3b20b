"""Tallies: a set with its size. Who likes, follows, is a member; and how many.

A set is split by log partition (its *shard*), so that one worker writes a shard. A member has a row for each beginning;
it is in the set while one of its beginnings hasn't ended. Rows only ever gain facts, so an event that comes twice or
late changes nothing. The total is the exception, and is right because one writer reads it together with the rows it
follows from, and stamps it from the log (DESIGN.md, section 3).

The row of NIL, which is no member, always exists and holds the shard's `total`, the `latest` time of a beginning, and
the `position` (offset) up to which the shard was folded, with the `epoch` of its last correction there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from events.codec import topic_of
from events.generated import Event
from events.ids import NIL
from projections.projection import subscription
from projections.store.table import Stamped, Table, stamp_of
from projections.tally.counts import COUNTS


@dataclass(frozen=True, slots=True)
class Begin:
    """`member` is in `entity`'s set from `at` on; the beginning is known by its id."""

    entity: UUID
    member: UUID
    beginning: UUID
    at: datetime
    role: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The beginning with this id is over, for good."""

    entity: UUID
    member: UUID
    beginning: UUID


@dataclass(frozen=True, slots=True)
class Mark:
    """The beginning with this id has another role."""

    entity: UUID
    member: UUID
    beginning: UUID
    role: str


Change = Begin | End | Mark


@dataclass(frozen=True, slots=True)
class Member:
    """A beginning of a member in a shard of a set; the NIL member holds the shard's own columns, the last four."""

    entity: UUID
    shard: int
    member: UUID
    beginning: UUID
    begun: datetime | None = None
    ended: bool | None = None
    role: str | None = None
    total: int | None = None
    latest: int | None = None
    position: int | None = None
    epoch: int | None = None

    @property
    def live(self) -> bool:
        """Whether it has begun and hasn't ended."""
        return self.begun is not None and not self.ended


@dataclass(frozen=True, slots=True)
class Listed:
    """A beginning in order of time, ended or not: a candidate, to be checked against its member's rows."""

    entity: UUID
    shard: int
    begun: datetime
    member: UUID
    beginning: UUID


class Tally:
    """A named fold of one topic's events into a set and its size, counted under `kind`."""

    def __init__(self, fold: Callable[..., list[Change]], kind: str, keyed_by: "KeyedBy", listed: bool):
        self.name, self.kind, self.keyed_by = fold.__name__, kind, keyed_by
        self.members = Table(self.name, Member, 2, 2)
        self.listed = Table(f"{self.name}_by_time", Listed, 2, 3, descending=True) if listed else None
        self.tables = (self.members, self.listed) if self.listed else (self.members,)
        self.events = subscription(fold)
        self.topics = sorted({topic_of(event) for event in self.events})
        self._fold = fold
        if len(self.topics) != 1:
            raise ValueError(f"the tally {self.name} is fed by {self.topics}: it must be one topic")

    def __call__(self, event: Event) -> list[Change]:
        return self._fold(event)


KeyedBy = Literal["entity", "member", "other"]  # whose facts feed a set: tells in which shards to look for a member


def tally(kind: str, *, keyed_by: KeyedBy, listed: bool = True) -> Callable[[Callable[..., list[Change]]], Tally]:
    """Makes a fold a tally. `listed`: also keep the beginnings in order of time."""
    return lambda fold: Tally(fold, kind, keyed_by, listed)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold of changes to one shard of one set writes: `rows` together, and then the `count`."""

    rows: list[Stamped]
    count: Stamped


def fold_shard(
    tally: Tally,
    shard: int,
    entity: UUID,
    known: Iterable[Member],
    changes: Sequence[tuple[int, Change]],
    correction: bool = False,
    generation: int = 1,
) -> Folded:
    """Folds changes (each with its offset, rising) to one shard of one set.

    `known` holds every row of the members concerned and of NIL, read in one query. The rows of a change bear its own
    stamp. The shard's columns bear the stamp of the furthest of `changes`; in a correction, that of what was folded
    already with the next epoch, so that a correction of an old record isn't lost under newer ones. ValueError if a
    shard was corrected too often at one position.
    """
    state: dict[tuple[UUID, UUID], Member] = {}
    total, latest, position, epoch = 0, 0, -1, 0
    for row in known:
        if row.member == NIL:
            total, latest, epoch = row.total or 0, row.latest or 0, row.epoch or 0
            position = -1 if row.position is None else row.position
        else:
            state[row.member, row.beginning] = row
    alive: dict[UUID, int] = {}
    for (member, _), row in state.items():
        alive[member] = alive.get(member, 0) + row.live
    rows: list[Stamped] = []
    for offset, change in changes:
        place = (change.member, change.beginning)
        before = state.get(place) or Member(entity, shard, *place)
        after = before
        match change:
            case Begin():
                after = Member(entity, shard, *place, change.at, before.ended, before.role or change.role)
                latest = max(latest, int(change.at.timestamp() * 1000))
                if tally.listed:
                    listed = tally.listed.upsert(
                        entity=entity, shard=shard, begun=change.at, member=change.member, beginning=change.beginning
                    )
                    rows.append(Stamped(listed, stamp_of(offset, int(correction))))
                written: dict[str, Any] = {"begun": change.at}
                if change.role and not before.role:
                    written["role"] = change.role
            case End():
                after = Member(entity, shard, *place, before.begun, True, before.role)
                written = {"ended": True}
            case Mark():
                after = Member(entity, shard, *place, before.begun, before.ended, change.role)
                written = {"role": change.role}
        state[place] = after
        was = alive.get(change.member, 0)
        now = alive[change.member] = was + after.live - before.live
        total += (now > 0) - (was > 0)
        upsert = tally.members.upsert(
            entity=entity, shard=shard, member=change.member, beginning=change.beginning, **written
        )
        rows.append(Stamped(upsert, stamp_of(offset, int(correction))))
    furthest = changes[-1][0]
    at = max(position, furthest) if correction else furthest
    epoch = (epoch + 1 if at == position else 1) if correction else 0
    stamp = stamp_of(at, epoch)
    own = tally.members.upsert(
        entity=entity,
        shard=shard,
        member=NIL,
        beginning=NIL,
        total=total,
        latest=latest,
        position=max(position, furthest),
        epoch=epoch,
    )
    rows.append(Stamped(own, stamp))
    count = COUNTS.upsert(
        entity=entity, kind=tally.kind, shard=shard, generation=generation, total=total, latest=latest
    )
    return Folded(rows, Stamped(count, stamp))
