"""A processor: what an event brings about outside the read models. Like a projection, it has `progress`."""

from collections.abc import Awaitable, Callable, Sequence

from events.codec import Codec
from events.generated import Event
from processors.handlers.patient import transient
from processors.handlers.reader import Read, Reader, SendLetter
from processors.transport.consumer import Batch
from processors.transport.lease import Lease
from projections.progress import progress_of, progress_rows
from projections.store.protocol import Store

Act = Callable[[Batch, list[Read], Lease], Awaitable[None]]


class Processor:
    """Hands each batch's wanted events to `act`, and moves its progress on when that returns.

    `act` may see an event again (after a crash, or a rebalance), so what it makes has ids derived from its cause."""

    def __init__(
        self, name: str, wants: Sequence[type[Event]], act: Act, store: Store, codec: Codec, send_letter: SendLetter
    ):
        self.name, self._act, self._store = name, act, store
        self._wants = frozenset(wants)
        self.reader = Reader(codec, send_letter, name)
        self._next: dict[tuple[str, int], int] = {}

    async def start(self, topic: str, partition: int) -> int:
        """Where to begin reading a partition. StoreUnavailable."""
        offset = (await progress_of(self._store, topic, partition)).get((self.name, 1), 0)
        self._next[topic, partition] = offset
        return offset

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Acts on a batch, and returns when `progress` is past it. LeaseLost."""
        since = self._next[batch.topic, batch.partition]
        fresh = [record for record in batch.records if record.offset >= since]
        if not fresh:
            return
        reads = await self.reader.read(batch.topic, fresh, lease)
        await self._act_on(batch, [read for read in reads if type(read.event) in self._wants], lease)
        rows = progress_rows(batch.topic, batch.partition, [(self.name, 1)], batch.next_offset)
        await lease.retry(lambda: self._store.write_together(rows), transient=transient)
        self._next[batch.topic, batch.partition] = batch.next_offset

    async def _act_on(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Acts, and sets aside what can't be acted on: found by halves, as the runner does. LeaseLost."""
        try:
            await self._act(batch, reads, lease)
        except Exception as error:
            if not indigestible(error) or not reads:
                raise
            if len(reads) == 1:
                (read,) = reads
                reason = f"{self.name} can't act on it: {type(error).__name__}: {error}"
                await self.reader.set_aside(batch.topic, read.record, reason, self.name, lease)
                return
            half = len(reads) // 2
            await self._act_on(batch, reads[:half], lease)
            await self._act_on(batch, reads[half:], lease)


def indigestible(error: BaseException) -> bool:
    """Whether an error says that a record makes no sense, and not that something is missing on this machine."""
    if isinstance(error, BaseExceptionGroup):
        return all(indigestible(each) for each in error.exceptions)
    return isinstance(error, ValueError | LookupError | TypeError)


async def folded_to(store: Store, names: Sequence[str], ends: Sequence[tuple[str, int, int]], lease: Lease) -> None:
    """Waits until these projections have folded each (topic, partition) up to its next offset. LeaseLost."""
    for topic, partition, end in ends:
        while True:
            known = await lease.retry(lambda t=topic, p=partition: progress_of(store, t, p), transient=transient)
            if all(known.get((name, 1), 0) >= end for name in names):
                break
            await lease.pause(0.02)
