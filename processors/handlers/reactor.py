"""Reactors: what an event brings about outside the read models. Like a projection, a reactor has `progress`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from events.codec import Codec
from events.error_text import described
from events.generated import Event
from processors.handlers.batch import MAX_RECORDS, Batch, Partition, Record
from processors.handlers.circuit_breaker import Attempt
from processors.handlers.dead_letter import DeadLetterQueue
from processors.handlers.handler import COPY_WINDOW_MS, BatchHandler
from processors.handlers.patient import PatientStore
from processors.handlers.reader import Read, Reader
from processors.handlers.reject import EVERY, Reject
from processors.handlers.tools import Tools
from processors.log.records import LogReader
from processors.transport.lease import Lease
from projections.progress import kept_offsets
from projections.projection import GENERATION
from projections.store.protocol import Store
from projections.store.table import Table


class Reactor:
    """What reacts to events. Its class attributes declare it: whoever lists reactors needs no instance.

    `react` may see an event again (after a crash, or a rebalance), so what it makes has ids derived from its cause."""

    name: ClassVar[str]  # permanent: its consumer group, and its key in `progress`
    topics: ClassVar[tuple[str, ...]]
    wants: ClassVar[tuple[type[Event], ...]]
    appends: ClassVar[tuple[type[Event], ...]] = ()  # each of which may come again at any time (tests/laws)
    tables: ClassVar[tuple[Table, ...]] = ()  # its own
    max_records: ClassVar[int] = MAX_RECORDS  # in a batch

    def __init__(self, tools: Tools) -> None:
        """Takes the tools that it needs, here none: so a worker makes each of the listed reactors."""

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Reacts to those of a batch's events that it wants, perhaps none, in order. Raises LeaseLost."""
        raise NotImplementedError

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Called about once a second for each owned partition, between its batches. Raises LeaseLost."""

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Called with each assignment, before its first batch: another worker may have had these partitions."""


class ReactorHandler(BatchHandler):
    """Hands a reactor each batch's wanted events."""

    def __init__(
        self,
        reactor: Reactor,
        store: Store,
        codec: Codec,
        dead_letters: DeadLetterQueue,
        log: LogReader | None = None,
        copy_window_ms: int = COPY_WINDOW_MS,
    ):
        super().__init__(reactor.name, [reactor.name], store, dead_letters, log, copy_window_ms)
        self.reactor, self.max_records = reactor, reactor.max_records  # type: ignore[misc]
        self._wants = frozenset(reactor.wants)
        self._reader = Reader(codec, store.partitioning, reactor.name)

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """See BatchHandler."""
        super().assigned(partitions)
        self.reactor.assigned(partitions)

    async def process(
        self, where: Partition, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Reacts to records. See BatchHandler."""
        decoded, unreadable = await self._reader.read(where.topic, records, lease)
        reads = [read for read in decoded if type(read.event) in self._wants]
        batch = Batch(*where, self._checkpoints[where].assignment, list(records))

        def attempts() -> Iterator[Attempt]:
            yield from ((EVERY, record.offset) for record in records)
            yield from ((self.reactor.name, read.offset) for read in reads)

        self._dead_letters.breaker.check(where, unreadable, attempts())
        await self._probe(batch, reads, lease)
        rejects = unreadable + await self._react(batch, reads, lease)
        await self._dead_letters.take(where, rejects, attempts(), end, lease)

    async def _probe(self, batch: Batch, reads: Sequence[Read], lease: Lease) -> None:
        """Tries a batch that was stopped with the event that it was stopped at: for as long as it fails, the others
        aren't reacted to every few seconds. Raises CircuitOpen."""
        opened = self._dead_letters.breaker.opened(batch.topic_partition)
        if opened is None:
            return
        failed = [read for read in reads if read.offset == opened.position.offset]
        if failed and await self._react(batch, failed, lease):
            raise opened

    async def _react(self, batch: Batch, reads: list[Read], lease: Lease) -> list[Reject]:
        """Reacts, and finds by halves what can't be reacted to. Raises LeaseLost."""
        try:
            await self.reactor.react(batch, reads, lease)
        except Exception as error:
            if not indigestible(error) or not reads:
                raise
            if len(reads) == 1:
                reason = f"{self.reactor.name} can't act on {type(reads[0].event).__name__}: {described(error)}"
                return [Reject(reads[0].record, self.reactor.name, reason)]
            half = len(reads) // 2
            return await self._react(batch, reads[:half], lease) + await self._react(batch, reads[half:], lease)
        return []


def indigestible(error: BaseException) -> bool:
    """Whether an error says that a record makes no sense, and not that something is missing on this machine."""
    if isinstance(error, BaseExceptionGroup):
        return all(indigestible(nested) for nested in error.exceptions)
    return isinstance(error, ValueError | LookupError | TypeError)


async def wait_until_projected(
    store: Store, names: Sequence[str], ends: Sequence[tuple[str, int, int]], lease: Lease, poll: float = 0.02
) -> None:
    """Waits until these projections (or reactors) have done each (topic, partition) up to its next offset, for sure.

    `poll`: seconds between two looks. Raises LeaseLost."""
    patient = PatientStore(store, lease)
    for topic, partition, end in ends:
        while True:
            progress = await kept_offsets(patient, topic, partition)
            if all(progress.get((name, GENERATION), 0) >= end for name in names):
                break
            await lease.pause(poll)
