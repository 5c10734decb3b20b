"""One shard of one set, while changes to it are folded: pure, from the rows that were read to the rows to write."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.ids import NIL
from projections.projection import GENERATION
from projections.store.table import STAMPS_PER_OFFSET, Stamped, stamp_of
from projections.tally.counts import COUNTS
from projections.tally.stamps import Stamps
from projections.tally.tally import Begin, Change, End, Mark, Member, Tally


@dataclass(frozen=True, slots=True)
class Folded:
    """What folded changes write: `rows` together, and then the `count`."""

    rows: list[Stamped]
    count: Stamped


class Shard:
    """A shard of an entity's set, made of its rows: those of every member who will change, and that of NIL.

    All rows must come from one query, so that members and total are of the same moment. Changes are applied in the
    order of the log; `folded` then gives what to write.
    """

    def __init__(self, tally: Tally, *, entity: UUID, shard: int, rows: Iterable[Member], stamps: Stamps):
        self._tally, self._entity, self._shard, self._stamps = tally, entity, shard, stamps
        self._beginnings: dict[tuple[UUID, UUID], Member] = {}
        self._live: dict[UUID, int] = {}  # member -> how many of its beginnings haven't ended
        self._total, self._latest, self._position, self._epoch = 0, 0, -1, 0
        self._furthest = -1
        self._written: list[Stamped] = []
        for row in rows:
            if row.member == NIL:
                self._total, self._latest, self._epoch = row.total or 0, row.latest or 0, row.epoch or 0
                self._position = -1 if row.position is None else row.position
            else:
                self._beginnings[row.member, row.beginning] = row
                self._live[row.member] = self._live.get(row.member, 0) + row.live

    def apply(self, change: Change, offset: int) -> None:
        """Folds one change, of the record at `offset`: not below that of the change before."""
        key = (change.member, change.beginning)
        before = self._beginnings.get(key) or Member(self._entity, self._shard, *key)
        after = self._beginnings[key] = applied(before, change)
        was = self._live.get(change.member, 0)
        now = self._live[change.member] = was + after.live - before.live
        self._total += (now > 0) - (was > 0)
        self._furthest = offset
        stamp = self._stamps.of_record(offset)
        if isinstance(change, Begin):
            self._latest = max(self._latest, int(change.at.timestamp() * 1000))
            self._list(change, stamp)
        upsert = self._tally.members.upsert(
            entity=self._entity,
            shard=self._shard,
            member=change.member,
            beginning=change.beginning,
            **columns(before, change),
        )
        self._written.append(Stamped(upsert, stamp))

    def _list(self, begin: Begin, stamp: int) -> None:
        """Adds a beginning to the set's list by time, if it has one."""
        if self._tally.listed is not None:
            upsert = self._tally.listed.upsert(
                entity=self._entity,
                shard=self._shard,
                begun=begin.at,
                member=begin.member,
                beginning=begin.beginning,
            )
            self._written.append(Stamped(upsert, stamp))

    @property
    def members(self) -> list[Stamped]:
        """The rows of the beginnings that were changed, without the shard's own."""
        return self._written

    def folded(self) -> Folded:
        """The rows of all changes that were applied, with the shard's own row and its count.

        Raises ValueError if the shard was corrected too often at one position (`stamp_of`)."""
        at, epoch = self._stamps.of_shard(furthest=self._furthest, position=self._position, epoch=self._epoch)
        own, count = own_rows(
            self._tally,
            (self._entity, self._shard),
            total=self._total,
            latest=self._latest,
            position=max(self._position, self._furthest),
            stamp=(at, epoch),
        )
        return Folded([*self._written, own], count)


def own_rows(
    tally: Tally, where: tuple[UUID, int], *, total: int, latest: int, position: int, stamp: tuple[int, int]
) -> tuple[Stamped, Stamped]:
    """The row that a shard has for itself, and its count. `stamp`: an offset, and the epoch at it."""
    entity, shard = where
    at, epoch = stamp
    own = tally.members.upsert(
        entity=entity,
        shard=shard,
        member=NIL,
        beginning=NIL,
        total=total,
        latest=latest,
        position=position,
        epoch=epoch,
    )
    count = COUNTS.upsert(
        entity=entity, kind=tally.name, shard=shard, generation=GENERATION, total=total, latest=latest
    )
    stamped = stamp_of(at, epoch=epoch)
    return Stamped(own, stamped), Stamped(count, stamped)


def recounted(tally: Tally, entity: UUID, shard: int, rows: Iterable[Member], *, furthest: int) -> Folded:
    """A shard's own row and its count, made of the rows of all its members instead of the total that it has.

    For a database that lost some of them, perhaps on one replica: the total that survived needn't be that of the
    members that did, so that nothing can be added to it. `furthest` is the offset of the last change that was folded
    again; the rows are stamped above whatever survived."""
    live: dict[UUID, int] = {}
    latest, position, epoch = 0, -1, 0
    for row in rows:
        if row.member == NIL:
            position, epoch = -1 if row.position is None else row.position, row.epoch or 0
        else:
            live[row.member] = live.get(row.member, 0) + row.live
            latest = max(latest, int(row.begun.timestamp() * 1000) if row.begun else 0)
    at = max(position, furthest)
    stamp = at, (min(epoch + 1, STAMPS_PER_OFFSET - 1) if at == position else 1)
    total = sum(count > 0 for count in live.values())
    own, count = own_rows(tally, (entity, shard), total=total, latest=latest, position=at, stamp=stamp)
    return Folded([own], count)


def applied(before: Member, change: Change) -> Member:
    """A beginning's row after a change.

    What has ended stays ended, and a role that was given later outlives its beginning's own, in whichever order and
    however often the three arrive."""
    match change:
        case Begin():
            role, begun = before.role or change.role, last_begun(before, change)
            return Member(before.entity, before.shard, before.member, before.beginning, begun, before.ended, role)
        case End():
            return Member(before.entity, before.shard, before.member, before.beginning, before.begun, True, before.role)
        case Mark():
            return Member(
                before.entity, before.shard, before.member, before.beginning, before.begun, before.ended, change.role
            )


def last_begun(before: Member, begin: Begin) -> datetime:
    """When a beginning began: the latest time that was ever said, so that a shard's `latest` follows from its rows."""
    return begin.at if before.begun is None else max(before.begun, begin.at)


def columns(before: Member, change: Change) -> dict[str, Any]:
    """The columns of a beginning's row that a change writes."""
    match change:
        case Begin():
            role = {"role": change.role} if change.role and not before.role else {}
            return {"begun": last_begun(before, change), **role}
        case End():
            return {"ended": True}
        case Mark():
            return {"role": change.role}
