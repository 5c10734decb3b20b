"""The writer: stores what a batch folded to. Rows come first, then sets, then their counts and what never changes.

Each step may be done again at any time: every write bears its stamp.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from prometheus_client import Counter

from events.ids import NIL
from processors.failpoints import reached
from processors.handlers.constants import Constants, is_constant
from processors.handlers.fold import FoldedRecord
from processors.handlers.patient import transient
from processors.handlers.reject import EVERY, Reject
from processors.transport.lease import Lease
from projections.store.protocol import Store, Unstorable
from projections.store.scan import scan
from projections.store.table import Stamped
from projections.tally.shard import Shard, recounted
from projections.tally.stamps import FIRST_FOLD, Stamps
from projections.tally.tally import Change, Tally

T = TypeVar("T")

CHANGES_A_ROUND = 64  # of one entity's sets in one shard: they are written in one batch, which the database bounds

SCANNED = 2000  # members of a set, at a time
RECOUNTED_AT_ONCE = 16  # sets

ShardKey = tuple[str, UUID, int]  # of a set: the tally's name, the entity, and which of its shards
# Shards whose totals can't be trusted, and the offset of the last change of each.
Doubtful = dict[ShardKey, tuple[Tally, int]]
OffsetChange = tuple[int, Tally, Change]  # a change of a set, with its record's offset
Check = Callable[[], Awaitable[None]]  # raises Forgotten
ATTEMPTS = Counter("darkroom_store_attempts", "Attempts to store a batch or a part of one", ["topic"])


class Forgotten(Exception):
    """The database may have lost rows of a partition: heal first, then fold again."""


class Writer:
    """Writes the read models of one topic."""

    def __init__(self, topic: str, store: Store):
        self._topic, self._store = topic, store
        self._constants, self._outages = Constants(), store.outages

    async def write(
        self,
        partition: int,
        folded: Sequence[FoldedRecord],
        lease: Lease,
        *,
        check: Check | None = None,
        stamps: Stamps = FIRST_FOLD,
        doubtful: Doubtful | None = None,
    ) -> list[Reject]:
        """Stores what records folded to, and halves a batch that can't be stored down to the records at fault.

        Those are the result. `check` raises Forgotten, which leaves, if what is read may lack what was folded before;
        it is asked where a set has been read. Raises LeaseLost. Where a database may have lost rows, `doubtful` gathers
        the sets whose totals can't be trusted: only their members are written, and `recount` does the rest."""
        if not folded:
            return []
        ATTEMPTS.labels(self._topic).inc()
        try:
            await lease.retry(lambda: self._write(partition, folded, check, stamps, doubtful), transient=transient)
        except Unstorable as error:
            if len(folded) == 1:
                return [Reject(folded[0].read.record, EVERY, str(error))]
            half = len(folded) // 2
            rejects: list[Reject] = []
            for part in (folded[:half], folded[half:]):
                rejects += await self.write(partition, part, lease, check=check, stamps=stamps, doubtful=doubtful)
            return rejects
        return []

    async def recount(self, doubtful: Doubtful, lease: Lease, *, check: Check) -> None:
        """Counts the members of shards, and writes their totals, whatever these were. Raises Forgotten, LeaseLost."""

        async def recount_one(tally: Tally, entity: UUID, shard: int, furthest: int) -> Stamped:
            rows = [row async for row in scan(self._store, tally.members, entity, shard, size=SCANNED)]
            await check()
            result = recounted(tally, entity, shard, rows, furthest=furthest)
            await self._store.write(result.rows)
            return result.count

        left = [(tally, entity, shard, furthest) for (_, entity, shard), (tally, furthest) in doubtful.items()]
        for i in range(0, len(left), RECOUNTED_AT_ONCE):
            part = left[i : i + RECOUNTED_AT_ONCE]

            async def recount_part(part: Sequence[tuple[Tally, UUID, int, int]] = part) -> None:
                await self._store.write(await every(recount_one(*one) for one in part))

            await lease.retry(recount_part, transient=transient)

    async def _write(
        self,
        partition: int,
        folded: Sequence[FoldedRecord],
        check: Check | None,
        stamps: Stamps,
        doubtful: Doubtful | None,
    ) -> None:
        outages = self._store.outages
        if outages != self._outages:
            self.forget()
            self._outages = outages
        rows = [row for record in folded for row in record.rows]
        if changing := [row for row in rows if not is_constant(row)]:
            await self._store.write(changing)
        sets: dict[tuple[UUID, int], list[OffsetChange]] = {}
        for record in folded:
            for tally, change in record.changes:
                key = change.entity, tally.shard(partition, change.member)
                sets.setdefault(key, []).append((record.read.offset, tally, change))
        written = await every(
            self._write_sets(entity, shard, changes, check, stamps, totals=doubtful is None)
            for (entity, shard), changes in sets.items()
        )
        if doubtful is not None:
            for (entity, shard), changes in sets.items():
                for offset, tally, _ in changes:
                    key = tally.name, entity, shard
                    doubtful[key] = tally, max(offset, doubtful[key][1] if key in doubtful else 0)
        reached("before-counts")
        # With the counts, which are often in the same partition: a roll's days and its counts are one request.
        constant = self._constants.missing(row for row in rows if is_constant(row))
        if last := [*constant, *(count for counts in written for count in counts)]:
            await self._store.write(last)
        if self._store.outages == outages:
            self._constants.learn(constant)

    async def _write_sets(
        self,
        entity: UUID,
        shard: int,
        changes: Sequence[OffsetChange],
        check: Check | None,
        stamps: Stamps,
        *,
        totals: bool,
    ) -> list[Stamped]:
        """Writes one shard of each of an entity's sets, a round at a time, in one request: they have one partition key.

        Their counts' rows, to be written when all sets are. Without `totals` only members are written, and there are
        no counts."""
        counts: dict[str, Stamped] = {}
        for part in rounds(changes):
            of_round: dict[str, tuple[Tally, list[OffsetChange]]] = {}
            for each in part:
                of_round.setdefault(each[1].name, (each[1], []))[1].append(each)
            stored = await every(
                self._store.pick(tally.members, (entity, shard), ids_of(theirs)) for tally, theirs in of_round.values()
            )
            if check is not None:
                await check()  # what was read may lack what was folded before: a total made of it would be wrong
            rows: list[Stamped] = []
            for (tally, theirs), known in zip(of_round.values(), stored, strict=True):
                changed = Shard(tally, entity=entity, shard=shard, rows=known, stamps=stamps, doubt=not totals)
                for offset, _, change in theirs:
                    changed.apply(change, offset)
                if totals:
                    result = changed.folded()
                    rows += result.rows
                    counts[tally.name] = result.count
                else:
                    rows += changed.members
            await self._store.write_together(rows)
        return list(counts.values())

    def forget(self) -> None:
        """Forgets what is surely there: the database may have lost some of it."""
        self._constants.clear()


def ids_of(changes: Iterable[OffsetChange]) -> set[UUID]:
    """The ids of the rows that changes of one set are folded from: beginnings, their members' own, and the shard's."""
    return {NIL, *(each for *_, change in changes for each in (change.member, change.beginning))}


def rounds(changes: Iterable[OffsetChange]) -> Iterator[list[OffsetChange]]:
    """Changes of one entity's sets, in rounds of at most CHANGES_A_ROUND that are cut between records only.

    A record with more has a round of its own: the totals of two rounds that end in one record would be stamped alike,
    and the greater one would stay."""
    part: list[OffsetChange] = []
    for _, group in groupby(changes, key=itemgetter(0)):
        of_record = list(group)
        if part and len(part) + len(of_record) > CHANGES_A_ROUND:
            yield part
            part = []
        part += of_record
    if part:
        yield part


async def every(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results, or the first error, when all have ended: what is left behind would write beside the next attempt."""
    results = await asyncio.gather(*work, return_exceptions=True)
    if errors := [result for result in results if isinstance(result, BaseException)]:
        raise next((error for error in errors if not isinstance(error, Unstorable)), errors[0])
    return [result for result in results if not isinstance(result, BaseException)]
