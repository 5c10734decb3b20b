"""The writer: stores what a batch folded to. Rows come first, then sets, then their counts.

Each step may be done again at any time: every write bears its stamp.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from prometheus_client import Counter

from events.ids import NIL
from processors.failpoints import reached
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

CHANGES_A_ROUND = 64  # of one shard of one set: they are written in one batch, which the database bounds

SCANNED = 2000  # members of a set, at a time
RECOUNTED_AT_ONCE = 16  # sets

ShardKey = tuple[str, UUID, int]  # of a set: the tally's name, the entity, and which of its shards
# Shards whose totals can't be trusted, and the offset of the last change of each.
Doubtful = dict[ShardKey, tuple[Tally, int]]
OffsetChange = tuple[int, Change]  # a change of a set, and its record's offset
ATTEMPTS = Counter("darkroom_store_attempts", "Attempts to store a batch or a part of one", ["topic"])


class Forgotten(Exception):
    """The database broke since a partition's rows were last known to be kept: heal first, then fold again."""


class Writer:
    """Writes the read models of one topic."""

    def __init__(self, topic: str, store: Store):
        self._topic, self._store = topic, store

    async def write(
        self,
        partition: int,
        folded: Sequence[FoldedRecord],
        lease: Lease,
        *,
        outages: int | None = None,
        stamps: Stamps = FIRST_FOLD,
        doubtful: Doubtful | None = None,
    ) -> list[Reject]:
        """Stores what records folded to, and halves a batch that can't be stored down to the records at fault.

        Those are the result. `outages` is the store's when all before was known to be kept. Raises Forgotten where a
        set is read and it is another by then; LeaseLost. Where a database may have lost rows, `doubtful` gathers the
        sets whose totals can't be trusted: only their members are written, and `recount` does the rest."""
        if not folded:
            return []
        ATTEMPTS.labels(self._topic).inc()
        try:
            await lease.retry(lambda: self._write(partition, folded, outages, stamps, doubtful), transient=transient)
        except Unstorable as error:
            if len(folded) == 1:
                return [Reject(folded[0].read.record, EVERY, str(error))]
            half = len(folded) // 2
            rejects: list[Reject] = []
            for part in (folded[:half], folded[half:]):
                rejects += await self.write(partition, part, lease, outages=outages, stamps=stamps, doubtful=doubtful)
            return rejects
        return []

    async def recount(self, doubtful: Doubtful, lease: Lease, *, outages: int) -> None:
        """Counts the members of shards, and writes their totals, whatever these were. Raises Forgotten, LeaseLost."""

        async def recount_one(tally: Tally, entity: UUID, shard: int, furthest: int) -> Stamped:
            rows = [row async for row in scan(self._store, tally.members, entity, shard, size=SCANNED)]
            if self._store.outages != outages:
                raise Forgotten
            result = recounted(tally, entity, shard, rows, furthest=furthest)
            await self._store.write_together(result.rows)
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
        outages: int | None,
        stamps: Stamps,
        doubtful: Doubtful | None,
    ) -> None:
        rows = [row for record in folded for row in record.rows]
        if rows:
            await self._store.write(rows)
        sets: dict[ShardKey, tuple[Tally, list[OffsetChange]]] = {}
        for record in folded:
            for tally, change in record.changes:
                key = tally.name, change.entity, tally.shard(partition, change.member)
                changes = sets.setdefault(key, (tally, []))[1]
                changes.append((record.read.offset, change))
        written = await every(
            self._write_set(tally, shard, entity, changes, outages, stamps, totals=doubtful is None)
            for (_, entity, shard), (tally, changes) in sets.items()
        )
        if doubtful is not None:
            for key, (tally, changes) in sets.items():
                doubtful[key] = tally, max(changes[-1][0], doubtful[key][1] if key in doubtful else 0)
            return
        reached("before-counts")
        if counts := [count for count in written if count is not None]:
            await self._store.write(counts)

    async def _write_set(
        self,
        tally: Tally,
        shard: int,
        entity: UUID,
        changes: Sequence[OffsetChange],
        outages: int | None,
        stamps: Stamps,
        *,
        totals: bool,
    ) -> Stamped | None:
        """Writes one shard of one set, a round at a time. Its count's row, to be written when all sets are.

        Without `totals` only its members are written, and there is no count."""
        count: Stamped | None = None
        for part in rounds(changes):
            members = {NIL, *(change.member for _, change in part)}
            stored = await self._store.pick(tally.members, (entity, shard), members)
            if outages is not None and self._store.outages != outages:
                raise Forgotten  # what was read may lack what was folded before: a total made of it would be wrong
            changed = Shard(tally, entity=entity, shard=shard, rows=stored, stamps=stamps)
            for offset, change in part:
                changed.apply(change, offset)
            if totals:
                result = changed.folded()
                await self._store.write_together(result.rows)
                count = result.count
            else:
                await self._store.write_together(changed.members)
        return count


def rounds(changes: Iterable[OffsetChange]) -> Iterator[list[OffsetChange]]:
    """Changes of one set, in rounds of at most CHANGES_A_ROUND that are cut between records only.

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
