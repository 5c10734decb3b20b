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
from processors.handlers.projected import Projected
from processors.handlers.reader import Read, Reader
from processors.handlers.reject import EVERY, Reject
from processors.handlers.tools import Tools
from processors.log.records import LogReader
from processors.transport.lease import Lease
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
    """Hands a reactor each batch's wanted events.

    What it doesn't want isn't decoded: a record's schema tells its type of event. So a record that nobody can read has
    one dead letter, its projector's, and a reactor makes one only of what it wants and can't decode or act on."""

    def __init__(
        self,
        reactor: Reactor,
        store: Store,
        codec: Codec,
        dead_letters: DeadLetterQueue,
        projected: Projected,
        log: LogReader | None = None,
        copy_window_ms: int = COPY_WINDOW_MS,
    ):
        super().__init__(reactor.name, [reactor.name], store, dead_letters, log, copy_window_ms)
        self.reactor, self.max_records = reactor, reactor.max_records  # type: ignore[misc]
        self._wants, self._projected = frozenset(reactor.wants), projected
        self._reader = Reader(codec, store.partitioning, reactor.name)

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """See BatchHandler."""
        super().assigned(partitions)
        self.reactor.assigned(partitions)

    async def process(
        self, where: Partition, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Reacts to records. See BatchHandler."""
        wanted_records = await self._choose(where, records, lease)
        reads, unreadable = await self._reader.read(where.topic, wanted_records, lease)
        batch = Batch(*where, self._checkpoints[where].assignment, list(records))

        def attempts() -> Iterator[Attempt]:
            yield from ((EVERY, record.offset) for record in wanted_records)
            yield from ((self.reactor.name, read.offset) for read in reads)

        self._dead_letters.breaker.check(where, unreadable, attempts())
        await self._probe(batch, reads, lease)
        rejects = unreadable + await self._react(batch, reads, lease)
        await self._dead_letters.take(where, rejects, attempts(), end, lease)

    async def _choose(self, where: Partition, records: Sequence[Record], lease: Lease) -> list[Record]:
        """Those of the records that are of wanted types. Raises LeaseLost.

        Where the registry has lost a schema, nobody can tell. Then the projector either stands still until the registry
        has it again, or sets the record aside, and whoever redrives that has the reactors look at it. So wait for the
        projector, and ask once more."""
        chosen, unknown = await self._reader.choose(records, self._wants, lease)
        if unknown:
            await self._projected.until_all(where, unknown[-1].offset + 1, lease)
            chosen, _ = await self._reader.choose(records, self._wants, lease, afresh=True)
        return chosen

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
