"""The projector: folds batches of one topic into its read models, each partition in order, each record once.

For a batch: skip what `progress` says is folded, decode, fold, write, send what can't be to the dead letters, and then
write `progress`; only then is it acknowledged.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from prometheus_client import Counter

from events.codec import Codec
from processors.failpoints import reached
from processors.handlers.batch import Batch, Partition, Record
from processors.handlers.circuit_breaker import Attempt
from processors.handlers.dead_letter import DeadLetterQueue
from processors.handlers.fold import FoldedRecord, fold, subscribers, wanting
from processors.handlers.patient import PatientStore, transient
from processors.handlers.reader import Reader
from processors.handlers.reject import EVERY
from processors.handlers.writer import Forgotten, Writer
from processors.log.records import RecordReader
from processors.transport.lease import Lease
from projections.progress import lowest_offset, next_offsets, progress_rows
from projections.projection import GENERATION, Projection
from projections.store.protocol import Store
from projections.tally.tally import Tally

SYNCED_SECONDS = 60.0  # Cassandra syncs its commit log every 10 s: what was acknowledged longer ago is kept
REREAD = 2000  # records at a time, where a database has forgotten some
APPLIED = Counter("darkroom_records_applied", "Records folded", ["topic"])


class Projector:
    """Folds one topic with all of its projections. Its app calls `start`, `handle`, `heal` and `assigned`."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        codec: Codec,
        dead_letters: DeadLetterQueue,
        reread: RecordReader | None = None,
        now: Callable[[], float] = time.monotonic,
    ):
        self.topic, self._store, self._dead_letters, self._reread = topic, store, dead_letters, reread
        self._reader, self._writer, self._now = Reader(codec), Writer(topic, store), now
        self._subscribers = subscribers(projections)
        self.names = [(projection.name, GENERATION) for projection in projections]
        self._next: dict[int, dict[str, int]] = {}  # partition -> projection -> the next offset it wants
        self._passed: dict[int, deque[tuple[float, int]]] = {}  # partition -> when all below which offset was folded
        self._outages: dict[int, int] = {}  # partition -> the store's outages when all below `_next` was surely stored

    async def start(self, partition: int) -> int:
        """Where to begin reading a partition: the least of its projections' next offsets. Raises StoreUnavailable."""
        self._outages[partition] = self._store.outages
        progress = await next_offsets(self._store, self.topic, partition)
        self._next[partition] = {name: progress.get((name, generation), 0) for name, generation in self.names}
        self._passed[partition] = deque()
        self._pass(partition, lowest_offset(progress, self.names))
        self._dead_letters.breaker.begin(Partition(self.topic, partition), lowest_offset(progress, self.names))
        return lowest_offset(progress, self.names)

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Called with each assignment, before its first batch."""
        self._dead_letters.breaker.close()

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Folds a batch, and returns when `progress` is past it. Raises LeaseLost, CircuitOpen."""
        while True:
            await self.heal(batch.partition, lease)
            wanted = self._next[batch.partition]
            fresh = [record for record in batch.records if record.offset >= min(wanted.values())]
            if not fresh:
                return
            with suppress(Forgotten):
                await self._fold_records(batch.partition, fresh, wanted, batch.next_offset, lease)
            if self._store.outages == self._outages[batch.partition]:  # otherwise what was written may be gone: again
                break
        self._next[batch.partition] = {name: max(batch.next_offset, offset) for name, offset in wanted.items()}
        self._pass(batch.partition, min(self._next[batch.partition].values()))
        APPLIED.labels(self.topic).inc(len(fresh))

    async def heal(self, partition: int, lease: Lease) -> None:
        """Folds again what a database that broke (and came back) has forgotten. Raises LeaseLost.

        It acknowledges before it syncs, so its last moments may be gone, and `progress` with them: they are read from
        the log once more."""
        while (before := self._outages[partition]) != (outages := self._store.outages):
            self._outages[partition] = outages
            try:
                await self._fold_forgotten(partition, lease)
            except BaseException as error:
                self._outages[partition] = before
                if not isinstance(error, Forgotten):
                    raise

    async def _fold_forgotten(self, partition: int, lease: Lease) -> None:
        """Folds from where `progress` is now to where this projector was. Raises LeaseLost, Forgotten."""
        upto = min(self._next[partition].values())
        progress = await next_offsets(PatientStore(self._store, lease), self.topic, partition)
        # `progress` may have been written after the break, over what is missing: hence also where we were a while ago.
        since = min(lowest_offset(progress, self.names), self._passed[partition][0][1])
        wanted = dict.fromkeys((name for name, _ in self.names), since)
        for begin in range(since, upto, REREAD):
            offsets = range(begin, min(begin + REREAD, upto))
            found = await lease.retry(lambda o=offsets: self._originals(partition, o), transient=lambda _: True)
            records = [found[offset] for offset in sorted(found)]
            await self._fold_records(partition, records, wanted, offsets.stop, lease)
        # What the projections further ahead had folded may be gone too: the batches from here on bring it again.
        self._next[partition] = dict.fromkeys(wanted, upto)

    def _pass(self, partition: int, offset: int) -> None:
        """Notes that all below an offset was folded by now."""
        passed, now = self._passed[partition], self._now()
        while len(passed) > 1 and passed[1][0] < now - SYNCED_SECONDS:
            passed.popleft()
        passed.append((now, offset))

    async def _originals(self, partition: int, offsets: range) -> Mapping[int, Record]:
        """Records from the log, by offset. Raises KafkaError, TimeoutError."""
        assert self._reread is not None, "this projector was given no way to read the log again"
        return await self._reread(self.topic, partition, offsets)

    async def _fold_records(
        self, partition: int, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Makes rows of records, and then `progress`. Raises LeaseLost, Forgotten, CircuitOpen."""
        where = Partition(self.topic, partition)
        reads, rejects = await self._reader.read(self.topic, records, lease)
        reached("after-decode")
        folded = fold(reads, wanted, self._subscribers)
        rejects += [reject for record in folded for reject in record.rejects]
        # Also before anything is written: a topic that stands still is tried again every few seconds.
        self._dead_letters.breaker.check(where, rejects, self._attempts(records, folded, wanted))
        rejects += await self._writer.write(partition, folded, lease, outages=self._outages[partition])
        await self._dead_letters.take(where, rejects, self._attempts(records, folded, wanted), end, lease)
        reached("after-rows")
        rows = progress_rows(self.topic, partition, self.names, offset=end)

        async def write_progress() -> None:
            if self._store.outages != self._outages[partition]:  # each time: it may break between two attempts
                raise Forgotten
            await self._store.write_together(rows)

        await lease.retry(write_progress, transient=transient)
        reached("after-progress")

    def _attempts(
        self, records: Sequence[Record], folded: Sequence[FoldedRecord], wanted: Mapping[str, int]
    ) -> Iterator[Attempt]:
        """All that a batch gave to do, by name: each record to decode and store, and each event to fold."""
        for record in records:
            yield EVERY, record.offset
        for record in folded:
            for projection in wanting(record.read, wanted, self._subscribers):
                yield projection.name, record.read.offset
