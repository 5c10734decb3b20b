"""The runner: the one place where batches of the log become rows. Projections are pure; all that can fail is here.

For a batch: skip what `progress` says is folded, decode, fold, write the rows, then the tallies' sets, then `counts`,
then `progress`; only then is it acknowledged. Each step may be done again at any time: every write bears its stamp.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from events.codec import Codec
from events.generated import Event
from events.ids import NIL
from processors.failpoints import reached
from processors.lease import Lease
from processors.reading import Read, Reader, SendLetter, transient
from processors.transport import Batch
from projections.progress import least, progress_of, progress_rows
from projections.projection import Projection
from projections.store import Store, Unstorable
from projections.table import Stamped, stamp_of
from projections.tally import Change, Tally, fold_shard

CHANGES_A_ROUND = 64  # of one shard of one set: they are written in one batch, which the database bounds
ATTEMPTS = Counter("darkroom_store_attempts", "Attempts to store a batch or a part of one", ["topic"])
APPLIED = Counter("darkroom_records_applied", "Records folded", ["topic"])


class Runner:
    """Folds one topic with all of its projections. `handle` and `start_offsets` are what its app calls."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        codec: Codec,
        send_letter: SendLetter,
        generation: int = 1,
    ):
        self.topic, self.generation, self._store = topic, generation, store
        self._reader = Reader(codec, send_letter, "*", generation)
        self._rows = by_event(each for each in projections if isinstance(each, Projection))
        self._tallies = by_event(each for each in projections if isinstance(each, Tally))
        self.names = [(each.name, generation) for each in projections]
        self._next: dict[int, dict[str, int]] = {}  # partition -> projection -> the next offset it wants

    async def start(self, partition: int) -> int:
        """Where to begin reading a partition: the least of its projections' next offsets. StoreUnavailable."""
        known = await progress_of(self._store, self.topic, partition)
        self._next[partition] = {name: known.get((name, generation), 0) for name, generation in self.names}
        return least(known, self.names)

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Folds a batch, and returns when `progress` is past it. LeaseLost."""
        wanted = self._next[batch.partition]
        since = min(wanted.values())
        fresh = [record for record in batch.records if record.offset >= since]
        if not fresh:
            return
        reads = await self._reader.read(self.topic, fresh, lease)
        reached("after-decode")
        await self.apply(batch.partition, reads, wanted, lease)
        reached("after-rows")
        end = batch.next_offset
        rows = progress_rows(self.topic, batch.partition, self.names, end)
        await lease.retry(lambda: self._store.write_together(rows), transient=transient)
        self._next[batch.partition] = {name: max(end, offset) for name, offset in wanted.items()}
        APPLIED.labels(self.topic).inc(len(reads))
        reached("after-progress")

    async def apply(
        self, partition: int, reads: Sequence[Read], wanted: Mapping[str, int], lease: Lease, correction: bool = False
    ) -> None:
        """Stores what events fold to, halving a batch that can't be stored down to the records at fault. LeaseLost."""
        if not reads:
            return
        rows, changes = await self._fold(reads, wanted, correction, lease)
        ATTEMPTS.labels(self.topic).inc()
        try:
            await lease.retry(lambda: self._write(partition, rows, changes, correction), transient=transient)
        except Unstorable as error:
            if len(reads) == 1:
                await self._reader.set_aside(self.topic, reads[0].record, str(error), "*", lease)
                return
            half = len(reads) // 2
            await self.apply(partition, reads[:half], wanted, lease, correction)
            await self.apply(partition, reads[half:], wanted, lease, correction)

    async def _fold(
        self, reads: Sequence[Read], wanted: Mapping[str, int], correction: bool, lease: Lease
    ) -> tuple[list[Stamped], list[tuple[int, Tally, Change]]]:
        rows: list[Stamped] = []
        changes: list[tuple[int, Tally, Change]] = []
        for read in reads:
            event, offset, kind = read.event, read.offset, type(read.event)
            stamp = stamp_of(offset, int(correction))
            for each in (*self._rows.get(kind, ()), *self._tallies.get(kind, ())):
                if offset < wanted[each.name]:
                    continue
                try:
                    if isinstance(each, Tally):
                        changes += [(offset, each, change) for change in each(event)]
                    else:
                        rows += [Stamped(upsert, stamp) for upsert in each(event)]
                except Exception as error:  # a fold is pure: what it raises once it raises always
                    reason = f"{each.name} can't fold it: {type(error).__name__}: {error}"
                    await self._reader.set_aside(self.topic, read.record, reason, each.name, lease)
        return rows, changes

    async def _write(
        self, partition: int, rows: list[Stamped], changes: list[tuple[int, Tally, Change]], correction: bool
    ) -> None:
        if rows:
            await self._store.write(rows)
        sets: dict[tuple[str, UUID], tuple[Tally, list[tuple[int, Change]]]] = {}
        for offset, tally, change in changes:
            sets.setdefault((tally.name, change.entity), (tally, []))[1].append((offset, change))
        counts = await asyncio.gather(
            *(self._fold_set(tally, partition, entity, of, correction) for (_, entity), (tally, of) in sets.items())
        )
        reached("before-counts")
        if counts:
            await self._store.write(counts)

    async def _fold_set(
        self, tally: Tally, shard: int, entity: UUID, changes: list[tuple[int, Change]], correction: bool
    ) -> Stamped:
        """Folds one shard of one set, a round at a time. Its count's row, to be written when all sets are."""
        count: Stamped | None = None
        for i in range(0, len(changes), CHANGES_A_ROUND):
            part = changes[i : i + CHANGES_A_ROUND]
            members = {NIL, *(change.member for _, change in part)}
            known = await self._store.pick(tally.members, (entity, shard), members)
            folded = fold_shard(tally, shard, entity, known, part, correction, self.generation)
            await self._store.write_together(folded.rows)
            count = folded.count
        assert count is not None
        return count


def by_event(projections: Iterable[Any]) -> dict[type[Event], list[Any]]:
    """Projections by the types of event they want."""
    wanted: dict[type[Event], list[Any]] = {}
    for each in projections:
        for kind in each.events:
            wanted.setdefault(kind, []).append(each)
    return wanted
