"""Reactors: what an event brings about outside the read models. Like a projection, a reactor has `progress`."""

from collections.abc import Sequence
from typing import ClassVar

from events.codec import Codec
from events.generated import Event
from processors.handlers.batch import MAX_RECORDS, Batch, Partition
from processors.handlers.patient import transient
from processors.handlers.reader import Read, Reader, SendLetter
from processors.transport.lease import Lease
from projections.progress import progress_of, progress_rows
from projections.store.protocol import Store
from projections.store.table import Table


class Reactor:
    """What reacts to events. Its class attributes declare it: whoever lists reactors needs no instance.

    `react` may see an event again (after a crash, or a rebalance), so what it makes has ids derived from its cause."""

    name: ClassVar[str]  # permanent: its consumer group, and its key in `progress`
    topics: ClassVar[tuple[str, ...]]
    wants: ClassVar[tuple[type[Event], ...]]
    tables: ClassVar[tuple[Table, ...]] = ()  # its own
    max_records: ClassVar[int] = MAX_RECORDS  # in a batch

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Reacts to those of a batch's events that it wants, perhaps none, in order. Raises LeaseLost."""
        raise NotImplementedError

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Called about once a second for each owned partition, between its batches. Raises LeaseLost."""

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Called with each assignment, before its first batch: another worker may have had these partitions."""


class ReactorHandler:
    """Hands a reactor each batch's wanted events, and moves its `progress` on when it has reacted."""

    def __init__(self, reactor: Reactor, store: Store, codec: Codec, send_letter: SendLetter):
        self.reactor, self._store = reactor, store
        self._wants = frozenset(reactor.wants)
        self.reader = Reader(codec, send_letter, reactor.name)
        self._next: dict[Partition, int] = {}

    async def start(self, topic: str, partition: int) -> int:
        """Where to begin reading a partition. Raises StoreUnavailable."""
        offset = (await progress_of(self._store, topic, partition)).get((self.reactor.name, 1), 0)
        self._next[Partition(topic, partition)] = offset
        return offset

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Reacts to a batch, and returns when `progress` is past it. Raises LeaseLost."""
        fresh = [record for record in batch.records if record.offset >= self._next[batch.topic_partition]]
        if not fresh:
            return
        reads = await self.reader.read(batch.topic, fresh, lease)
        await self._react(batch, [read for read in reads if type(read.event) in self._wants], lease)
        rows = progress_rows(batch.topic, batch.partition, [(self.reactor.name, 1)], batch.next_offset)
        await lease.retry(lambda: self._store.write_together(rows), transient=transient)
        self._next[batch.topic_partition] = batch.next_offset

    async def _react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Reacts, and sets aside what can't be reacted to: found by halves, as the projector does. Raises LeaseLost."""
        try:
            await self.reactor.react(batch, reads, lease)
        except Exception as error:
            if not indigestible(error) or not reads:
                raise
            if len(reads) == 1:
                (read,) = reads
                name = self.reactor.name
                reason = f"{name} can't act on it: {type(error).__name__}: {error}"
                await self.reader.set_aside(batch.topic, read.record, reason, name, lease)
                return
            half = len(reads) // 2
            await self._react(batch, reads[:half], lease)
            await self._react(batch, reads[half:], lease)


def indigestible(error: BaseException) -> bool:
    """Whether an error says that a record makes no sense, and not that something is missing on this machine."""
    if isinstance(error, BaseExceptionGroup):
        return all(indigestible(each) for each in error.exceptions)
    return isinstance(error, ValueError | LookupError | TypeError)


async def wait_until_projected(
    store: Store, names: Sequence[str], ends: Sequence[tuple[str, int, int]], lease: Lease
) -> None:
    """Waits until these projections have folded each (topic, partition) up to its next offset. Raises LeaseLost."""
    for topic, partition, end in ends:
        while True:
            known = await lease.retry(lambda t=topic, p=partition: progress_of(store, t, p), transient=transient)
            if all(known.get((name, 1), 0) >= end for name in names):
                break
            await lease.pause(0.02)
