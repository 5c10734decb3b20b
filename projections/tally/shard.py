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
from projections.tally.own import WITHIN, Own, milliseconds
from projections.tally.stamps import Stamps
from projections.tally.tally import Begin, Change, End, Mark, Member, Tally


@dataclass(frozen=True, slots=True)
class Folded:
    """What folded changes write: `rows` together, and then the `count`."""

    rows: list[Stamped]
    count: Stamped


class Shard:
    """A shard of an entity's set, made of its rows: those of every beginning that will change, of their members' own,
    and of NIL.

    All rows must come from one query, so that members and total are of the same moment. Changes are applied in the
    order of the log; `folded` then gives what to write. Where the rows may contradict each other, as those of a
    database that lost some, they are in `doubt`: then only `members` is of use.
    """

    def __init__(
        self, tally: Tally, *, entity: UUID, shard: int, rows: Iterable[Member], stamps: Stamps, doubt: bool = False
    ):
        self._tally, self._entity, self._shard, self._stamps, self._doubt = tally, entity, shard, stamps, doubt
        self._beginnings: dict[tuple[UUID, UUID], Member] = {}
        self._own: dict[UUID, Own] = {}
        self._total, self._latest, self._position, self._epoch = 0, 0, -1, 0
        self._furthest = -1
        self._written: list[Stamped] = []
        for row in rows:
            if row.member == NIL:
                self._total, self._latest, self._epoch = row.total or 0, row.latest or 0, row.epoch or 0
                self._position = -1 if row.position is None else row.position
            else:
                self._beginnings[row.member, row.beginning] = row
                if row.own:
                    self._own[row.member] = Own.read(row)

    def apply(self, change: Change, offset: int) -> None:
        """Folds one change, of the record at `offset`: not below that of the change before."""
        key = (change.member, change.beginning)
        before = self._beginnings.get(key) or Member(self._entity, self._shard, change.beginning, change.member)
        own = self._own.get(change.member)
        if own is None:
            own = self._own[change.member] = Own()
        after, written = applied(before, change, offset), columns(before, change, offset)
        if after.live and change.beginning not in own.live and len(own.live) >= WITHIN and not self._doubt:
            after, written["ended"] = ended(after), True
        self._beginnings[key] = after
        self._total += own.note(before, after)
        self._furthest = offset
        stamp = self._stamps.of_record(offset)
        if isinstance(change, Begin):
            self._latest = max(self._latest, int(change.at.timestamp() * 1000))
            self._list(change, stamp)
        upsert = self._tally.members.upsert(
            entity=self._entity,
            shard=self._shard,
            beginning=change.beginning,
            member=change.member,
            **written,
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
        """The rows of the beginnings that were changed, without the members' and the shard's own."""
        return self._written

    def folded(self) -> Folded:
        """The rows of all changes that were applied, with the shard's own row and its count.

        Raises ValueError if the shard was corrected too often at one position (`stamp_of`)."""
        at, epoch = self._stamps.of_shard(furthest=self._furthest, position=self._position, epoch=self._epoch)
        stamp, where = stamp_of(at, epoch=epoch), (self._entity, self._shard)
        owned = [
            Stamped(own.upsert(self._tally, where, member), stamp) for member, own in self._own.items() if own.changed
        ]
        own, count = own_rows(
            self._tally,
            where,
            total=self._total,
            latest=self._latest,
            position=max(self._position, self._furthest),
            stamp=(at, epoch),
        )
        return Folded([*self._written, *owned, own], count)


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
    """A shard's own row and its count, and its members' own rows where they aren't right, made of the rows of all its
    beginnings instead of what they say.

    For a database that lost some of them, perhaps on one replica: the total that survived needn't be that of the
    members that did, so that nothing can be added to it. `furthest` is the offset of the last change that was folded
    again; the rows are stamped above whatever survived."""
    known: dict[UUID, Own] = {}
    owned: dict[UUID, Member] = {}
    latest, position, epoch = 0, -1, 0
    for row in rows:
        if row.member == NIL:
            position, epoch = -1 if row.position is None else row.position, row.epoch or 0
            continue
        known.setdefault(row.member, Own()).note(Member(entity, shard, row.beginning, row.member), row)
        if row.own:
            owned[row.member] = row
            known[row.member].keep(row)
        latest = max(latest, milliseconds(row) if row.begun else 0)
    at = max(position, furthest)
    stamp = at, (min(epoch + 1, STAMPS_PER_OFFSET - 1) if at == position else 1)
    total = sum(bool(own.live) for own in known.values())
    own, count = own_rows(tally, (entity, shard), total=total, latest=latest, position=at, stamp=stamp)
    wrong = [
        Stamped(own.upsert(tally, (entity, shard), member), stamp_of(at, epoch=stamp[1]))
        for member, own in known.items()
        if own.changed and not own.is_in(owned.get(member))
    ]
    return Folded([*wrong, own], count)


def applied(before: Member, change: Change, offset: int) -> Member:
    """A beginning's row after a change, of the record at `offset`.

    What has ended stays ended, a role that was given later outlives its beginning's own, and the last given role the
    earlier ones, in whichever order and however often they arrive."""
    begun, over, role, role_at = before.begun, before.ended, before.role, before.role_at
    match change:
        case Begin():
            begun, role = last_begun(before, change), before.role or change.role
        case End():
            over = True
        case Mark():
            if role_at is None or offset >= role_at:
                role, role_at = change.role, offset
    return Member(before.entity, before.shard, before.beginning, before.member, begun, over, role, role_at)


def ended(row: Member) -> Member:
    """A beginning that is over."""
    return Member(row.entity, row.shard, row.beginning, row.member, row.begun, True, row.role, row.role_at)


def last_begun(before: Member, begin: Begin) -> datetime:
    """When a beginning began: the latest time that was ever said, so that a shard's `latest` follows from its rows."""
    return begin.at if before.begun is None else max(before.begun, begin.at)


def columns(before: Member, change: Change, offset: int) -> dict[str, Any]:
    """The columns of a beginning's row that a change writes."""
    match change:
        case Begin():
            role = {"role": change.role} if change.role and not before.role else {}
            return {"begun": last_begun(before, change), **role}
        case End():
            return {"ended": True}
        case Mark():
            return {"role": change.role, "role_at": offset}
