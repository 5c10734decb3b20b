"""Replays dead letters: their records are folded into the read models once more, or reacted to.

What fails again is the operator's answer, and no second dead letter: the first one is there already.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from aiokafka import ConsumerRecord

from events.codec import Codec
from processors.handlers.batch import UNASSIGNED, Batch
from processors.handlers.fold import FoldedRecord, fold, subscribers
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Reader
from processors.handlers.reject import EVERY
from processors.handlers.writer import Writer
from processors.transport.lease import Lease, LeaseLost
from projections.projection import Projection
from projections.store.protocol import Store
from projections.tally.stamps import CORRECTION
from projections.tally.tally import Tally

NEVER = sys.maxsize  # as the next offset that a projection wants: it wants none of these

FreshCodec = Callable[[], Codec]  # without what it remembers: a schema that was unknown may be registered by now
Failures = dict[int, str]  # offset -> why the record failed again


class Replay(Protocol):
    """Replays some records of one partition."""

    @property
    def names(self) -> Sequence[str]:
        """The projections, or the reactor, in whose `progress` the records must be passed."""
        ...

    def serves(self, name: str) -> bool:
        """Whether a letter under this name is ours to replay."""
        ...

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """Replays records (of one partition, rising, folded before) for `name`: what failed. Raises LeaseLost."""
        ...


class ProjectorReplay:
    """Folds records of a topic again, as a correction: stamped above what came after them, in the same partition.

    A tally's shard can be corrected 1023 times between two of its events (64 changes at a time): beyond that the
    outcome is a failure that says so, and nothing is lost by asking once more after the shard's next event."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        fresh_codec: FreshCodec,
    ):
        self.names = [projection.name for projection in projections]
        self._topic, self._fresh_codec = topic, fresh_codec
        self._subscribers, self._writer = subscribers(projections), Writer(topic, store)

    def serves(self, name: str) -> bool:
        """See Replay."""
        return name == EVERY or name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Replay."""
        wanted = {projection: 0 if name in (EVERY, projection) else NEVER for projection in self.names}
        reader = Reader(self._fresh_codec(), key_absent_tries=0)
        reads, unreadable = await reader.read(self._topic, records, lease)
        folded = fold(reads, wanted, self._subscribers, stamps=CORRECTION)
        rejects = [*unreadable, *(reject for record in folded for reject in record.rejects)]
        failed = [(reject.record.offset, reject.reason) for reject in rejects]
        return failures([*failed, *await self._write(folded, lease)])

    async def _write(self, folded: Sequence[FoldedRecord], lease: Lease) -> list[tuple[int, str]]:
        """Writes corrections: what failed, whatever it raised, found by halves. Raises LeaseLost."""
        if not folded:
            return []
        try:
            rejects = await self._writer.write(folded[0].read.record.partition, folded, lease, stamps=CORRECTION)
        except LeaseLost:
            raise
        except Exception as error:  # an operator waits for an answer, and the partition for its next batch
            if len(folded) == 1:
                return [(folded[0].read.offset, f"{type(error).__name__}: {error}")]
            half = len(folded) // 2
            return await self._write(folded[:half], lease) + await self._write(folded[half:], lease)
        return [(reject.record.offset, reject.reason) for reject in rejects]


class ReactorReplay:
    """Has a reactor react to records again, one at a time; what it makes has ids derived from its cause."""

    def __init__(self, reactor: Reactor, fresh_codec: FreshCodec):
        self.names = [reactor.name]
        self._reactor, self._wants, self._fresh_codec = reactor, frozenset(reactor.wants), fresh_codec

    def serves(self, name: str) -> bool:
        """See Replay."""
        return name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Replay."""
        reader = Reader(self._fresh_codec(), key_absent_tries=0)
        reads, unreadable = await reader.read(records[0].topic, records, lease)
        failed = [(reject.record.offset, reject.reason) for reject in unreadable]
        for read in reads:
            if type(read.event) not in self._wants:
                continue
            record = read.record
            batch = Batch(record.topic, record.partition, UNASSIGNED, [record])
            try:
                await self._reactor.react(batch, [read], lease)
            except LeaseLost:
                raise
            except Exception as error:  # see ProjectorReplay
                failed.append((read.offset, f"{type(error).__name__}: {error}"))
        return failures(failed)


def failures(failed: Iterable[tuple[int, str]]) -> Failures:
    """The failures by offset; several of one record are one, each reason said once."""
    reasons: dict[int, dict[str, None]] = {}
    for offset, reason in failed:
        reasons.setdefault(offset, {})[reason] = None
    return {offset: "; ".join(of) for offset, of in reasons.items()}
