"""The projector: folds batches of one topic into its read models, each partition in order, each record once.

For a batch: decode, fold, write, and send what can't be to the dead letters.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import Counter

from events.codec import Codec
from processors.failpoints import reached
from processors.handlers.batch import Partition, Record
from processors.handlers.circuit_breaker import Attempt
from processors.handlers.dead_letter import DeadLetterQueue
from processors.handlers.fold import FoldedRecord, fold, subscribers, wanting
from processors.handlers.handler import COPY_WINDOW_MS, BatchHandler
from processors.handlers.reader import Reader
from processors.handlers.reject import EVERY
from processors.handlers.writer import Doubtful, Writer
from processors.log.records import LogReader
from processors.transport.lease import Lease
from projections.projection import Projection
from projections.store.protocol import Store
from projections.tally.tally import Tally

APPLIED = Counter("darkroom_records_applied", "Records folded", ["topic"])


class Projector(BatchHandler):
    """Folds one topic with all of its projections."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        codec: Codec,
        dead_letters: DeadLetterQueue,
        log: LogReader | None = None,
        copy_window_ms: int = COPY_WINDOW_MS,
        now: Callable[[], float] = time.monotonic,
    ):
        names = [projection.name for projection in projections]
        super().__init__(topic, names, store, dead_letters, log, copy_window_ms, now)
        self.topic, self._reader, self._writer = topic, Reader(codec, store.partitioning), Writer(topic, store)
        self._subscribers = subscribers(projections)
        self._doubtful: dict[Partition, Doubtful] = {}

    async def process(
        self, where: Partition, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Makes rows of records. See BatchHandler."""
        reads, rejects = await self._reader.read(self.topic, records, lease)
        reached("after-decode")
        folded = fold(reads, wanted, self._subscribers)
        rejects += [reject for record in folded for reject in record.rejects]
        # Also before anything is written: a topic that stands still is tried again every few seconds.
        self._dead_letters.breaker.check(where, rejects, self._attempts(records, folded, wanted))
        checkpoint = self._checkpoints[where]
        doubtful = self._doubtful.setdefault(where, {}) if checkpoint.doubtful else None
        rejects += await self._writer.write(
            where.partition, folded, lease, check=lambda: self.check(where), doubtful=doubtful
        )
        await self._dead_letters.take(where, rejects, self._attempts(records, folded, wanted), end, lease)
        APPLIED.labels(self.topic).inc(len(records))
        reached("after-rows")

    def forget(self) -> None:
        """See BatchHandler."""
        self._writer.forget()

    async def settle(self, where: Partition, lease: Lease) -> None:
        """Counts the sets anew that were folded in doubt. See BatchHandler."""
        if doubtful := self._doubtful.pop(where, None):
            try:
                await self._writer.recount(doubtful, lease, check=lambda: self.check(where))
            except BaseException:
                self._doubtful[where] = doubtful  # they are counted when what ended this is over
                raise

    async def write_progress(self, where: Partition, end: int, lease: Lease) -> None:
        """See BatchHandler."""
        await super().write_progress(where, end, lease)
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
