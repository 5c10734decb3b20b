"""The runner: the one place where batches of the log become rows. Projections are pure; all that can fail is here.

For a batch: skip what `progress` says is folded, decode, fold, write the rows, then the tallies' sets, then `counts`,
then `progress`; only then is it acknowledged. Each step may be done again at any time: every write bears its stamp.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from prometheus_client import Counter

from events.codec import Codec
from events.generated import Event
from events.ids import NIL
from processors.failpoints import reached
from processors.handlers.batch import Batch
from processors.handlers.patient import transient
from processors.handlers.reader import Read, Reader, SendLetter
from processors.log.records import ReadOriginals
from processors.transport.fetcher import Record
from processors.transport.lease import Lease
from projections.progress import least, progress_of, progress_rows
from projections.projection import Projection
from projections.store.protocol import Store, Unstorable
from projections.store.table import Stamped, stamp_of
from projections.tally.tally import Change, Tally, fold_shard

T = TypeVar("T")

SYNCED_SECONDS = 60.0  # Cassandra syncs its commit log every 10 s: what was acknowledged longer ago is kept
REREAD = 2000  # records at a time, where a database has forgotten some
CHANGES_A_ROUND = 64  # of one shard of one set: they are written in one batch, which the database bounds
ATTEMPTS = Counter("darkroom_store_attempts", "Attempts to store a batch or a part of one", ["topic"])
APPLIED = Counter("darkroom_records_applied", "Records folded", ["topic"])


class Forgotten(Exception):
    """The database broke since a partition's rows were last known to be kept: heal first, then fold again."""


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
        reread: ReadOriginals | None = None,
    ):
        self.topic, self.generation, self._store, self._reread = topic, generation, store, reread
        self._reader = Reader(codec, send_letter, "*", generation)
        self._rows = by_event(each for each in projections if isinstance(each, Projection))
        self._tallies = by_event(each for each in projections if isinstance(each, Tally))
        self.names = [(each.name, generation) for each in projections]
        self._next: dict[int, dict[str, int]] = {}  # partition -> projection -> the next offset it wants
        self._passed: dict[int, deque[tuple[float, int]]] = {}  # partition -> when all below which offset was folded
        self._breaks: dict[int, int] = {}  # partition -> the store's breaks when all below `_next` was known to be kept

    async def start(self, partition: int) -> int:
        """Where to begin reading a partition: the least of its projections' next offsets. StoreUnavailable."""
        self._breaks[partition] = self._store.breaks
        known = await progress_of(self._store, self.topic, partition)
        self._next[partition] = {name: known.get((name, generation), 0) for name, generation in self.names}
        self._passed[partition] = deque()
        self._pass(partition, least(known, self.names))
        return least(known, self.names)

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Folds a batch, and returns when `progress` is past it. LeaseLost."""
        while True:
            await self.heal(batch.partition, lease)
            wanted = self._next[batch.partition]
            fresh = [record for record in batch.records if record.offset >= min(wanted.values())]
            if not fresh:
                return
            with suppress(Forgotten):
                await self._fold_records(batch.partition, fresh, wanted, batch.next_offset, lease)
            if self._store.breaks == self._breaks[batch.partition]:  # otherwise what was written may be gone: again
                break
        self._next[batch.partition] = {name: max(batch.next_offset, offset) for name, offset in wanted.items()}
        self._pass(batch.partition, min(self._next[batch.partition].values()))
        APPLIED.labels(self.topic).inc(len(fresh))

    async def heal(self, partition: int, lease: Lease) -> None:
        """Folds again what a database that broke (and came back) has forgotten. LeaseLost.

        It acknowledges before it syncs, so its last moments may be gone, and `progress` with them: they are read from
        the log once more."""
        while (before := self._breaks[partition]) != (breaks := self._store.breaks):
            self._breaks[partition] = breaks
            try:
                await self._fold_forgotten(partition, lease)
            except BaseException as error:
                self._breaks[partition] = before
                if not isinstance(error, Forgotten):
                    raise

    async def _fold_forgotten(self, partition: int, lease: Lease) -> None:
        """From where `progress` is now to where this runner was. LeaseLost, Forgotten."""
        upto = min(self._next[partition].values())
        known = await lease.retry(lambda: progress_of(self._store, self.topic, partition), transient=transient)
        # `progress` may have been written after the break, over what is missing: hence also where we were a while ago.
        since = min(least(known, self.names), self._passed[partition][0][1])
        wanted = dict.fromkeys((name for name, _ in self.names), since)
        for begin in range(since, upto, REREAD):
            offsets = range(begin, min(begin + REREAD, upto))
            found = await lease.retry(lambda o=offsets: self._originals(partition, o), transient=lambda _: True)
            records = [found[offset] for offset in sorted(found)]
            await self._fold_records(partition, records, wanted, offsets.stop, lease)

    def _pass(self, partition: int, offset: int) -> None:
        """Notes that all below an offset was folded by now."""
        passed, now = self._passed[partition], time.monotonic()
        passed.append((now, offset))
        while len(passed) > 1 and passed[1][0] < now - SYNCED_SECONDS:
            passed.popleft()

    async def _originals(self, partition: int, offsets: range) -> Mapping[int, Record]:
        """Records from the log, by offset. KafkaError, TimeoutError."""
        assert self._reread is not None, "this runner was given no way to read the log again"
        return await self._reread(self.topic, partition, offsets)

    async def _fold_records(
        self, partition: int, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Records to rows, and then to `progress`."""
        reads = await self._reader.read(self.topic, records, lease)
        reached("after-decode")
        await self.apply(partition, reads, wanted, lease)
        reached("after-rows")
        rows = progress_rows(self.topic, partition, self.names, end)

        async def say() -> None:
            if self._store.breaks != self._breaks[partition]:  # each time: it may break between two attempts
                raise Forgotten
            await self._store.write_together(rows)

        await lease.retry(say, transient=transient)
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
        counts = await every(
            self._fold_set(tally, partition, entity, of, correction) for (_, entity), (tally, of) in sets.items()
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
            if self._store.breaks != self._breaks.get(shard, self._store.breaks):
                raise Forgotten  # what was read may lack what was folded before: a total made of it would be wrong
            folded = fold_shard(tally, shard, entity, known, part, correction, self.generation)
            await self._store.write_together(folded.rows)
            count = folded.count
        assert count is not None
        return count


async def every(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results, or the first error, when all have ended: what is left behind would write beside the next attempt."""
    results = await asyncio.gather(*work, return_exceptions=True)
    if errors := [result for result in results if isinstance(result, BaseException)]:
        raise next((error for error in errors if not isinstance(error, Unstorable)), errors[0])
    return [result for result in results if not isinstance(result, BaseException)]


def by_event(projections: Iterable[Any]) -> dict[type[Event], list[Any]]:
    """Projections by the types of event they want."""
    wanted: dict[type[Event], list[Any]] = {}
    for each in projections:
        for kind in each.events:
            wanted.setdefault(kind, []).append(each)
    return wanted
