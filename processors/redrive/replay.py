"""Doing records again that were set aside: folding them into the read models, or acting on them as a processor.

What still fails is told to who asked, and sent nowhere: its first letter is in the dead letters already.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aiokafka import ConsumerRecord

from events.codec import Codec
from events.positions import Position
from processors.handlers.batch import Batch
from processors.handlers.dead_letter import EVERY, DeadLetter
from processors.handlers.projector import Runner
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read, Reader
from processors.transport.lease import Lease, LeaseLost
from projections.projection import Projection
from projections.store.protocol import Store
from projections.tally.tally import Tally

NEVER = sys.maxsize  # as the next offset that a projection wants: it wants none of these

FreshCodec = Callable[[], Codec]  # without what it remembers: a schema that was unknown may be registered by now
Failures = dict[int, str]  # offset -> why the record couldn't be done


class Again(Protocol):
    """Does some records of one partition again."""

    @property
    def names(self) -> Sequence[str]:
        """The projections, or the processor, in whose `progress` the records must be passed."""
        ...

    def serves(self, name: str) -> bool:
        """Whether a letter under this name is ours to redrive."""
        ...

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """Does records (of one partition, rising, folded before) again for `name`: what failed. LeaseLost."""
        ...


class Notes:
    """Takes letters in place of the dead letters' topic. Partitions are worked on side by side, hence positions."""

    def __init__(self) -> None:
        self._reasons: dict[Position, list[str]] = {}

    async def take(self, letter: DeadLetter) -> None:
        """Notes why a record failed."""
        self.add(letter.position, letter.reason)

    def add(self, position: Position, reason: str) -> None:
        """The same, for what raised."""
        self._reasons.setdefault(position, []).append(reason)

    def failures(self, records: Sequence[ConsumerRecord[Any, Any]]) -> Failures:
        """What was noted of these records, which is then forgotten."""
        found = {each.offset: self._reasons.pop(position_of(each), []) for each in records}
        return {offset: "; ".join(dict.fromkeys(reasons)) for offset, reasons in found.items() if reasons}


class FoldAgain:
    """Folds records of a topic again, as a correction: stamped above what came after them, in the same partition.

    A tally's shard can be corrected 1023 times between two of its events (64 changes at a time): beyond that the
    outcome is a failure that says so, and nothing is lost by asking once more after the shard's next event."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        fresh_codec: FreshCodec,
        generation: int = 1,
    ):
        self.names = [each.name for each in projections]
        self._topic, self._fresh_codec, self._notes = topic, fresh_codec, Notes()
        self._runner = Runner(topic, projections, store, fresh_codec(), self._notes.take, generation)

    def serves(self, name: str) -> bool:
        """See Again."""
        return name == EVERY or name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Again."""
        self._notes.failures(records)  # of an attempt that was broken off
        wanted = {each: 0 if name in (EVERY, each) else NEVER for each in self.names}
        reader = Reader(self._fresh_codec(), self._notes.take, name, key_absent_tries=0)
        await self._apply(await reader.read(self._topic, records, lease), wanted, lease)
        return self._notes.failures(records)

    async def _apply(self, reads: Sequence[Read], wanted: dict[str, int], lease: Lease) -> None:
        if not reads:
            return
        try:
            await self._runner.apply(reads[0].record.partition, reads, wanted, lease, correction=True)
        except LeaseLost:
            raise
        except Exception as error:  # an operator waits for an answer, and the partition for its next batch
            if len(reads) == 1:
                self._notes.add(position_of(reads[0].record), f"{type(error).__name__}: {error}")
                return
            half = len(reads) // 2
            await self._apply(reads[:half], wanted, lease)
            await self._apply(reads[half:], wanted, lease)


class ActAgain:
    """Has a processor act on records again, one at a time; what it makes has ids derived from its cause."""

    def __init__(self, reactor: Reactor, fresh_codec: FreshCodec):
        self.names = [reactor.name]
        self._reactor, self._fresh_codec, self._notes = reactor, fresh_codec, Notes()

    def serves(self, name: str) -> bool:
        """See Again."""
        return name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Again."""
        self._notes.failures(records)  # of an attempt that was broken off
        reader = Reader(self._fresh_codec(), self._notes.take, name, key_absent_tries=0)
        for read in await reader.read(records[0].topic, records, lease):
            if type(read.event) not in self._reactor.wants:
                continue
            record = read.record
            try:
                await self._reactor.react(Batch(record.topic, record.partition, 0, [record]), [read], lease)
            except LeaseLost:
                raise
            except Exception as error:  # see FoldAgain
                self._notes.add(position_of(record), f"{type(error).__name__}: {error}")
        return self._notes.failures(records)


def position_of(record: ConsumerRecord[Any, Any]) -> Position:
    """Where a record is in the log."""
    return Position(record.topic, record.partition, record.offset)
