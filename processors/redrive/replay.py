"""Replays dead letters: their records are folded into the read models once more, or reacted to.

What fails again is the operator's answer, and no second dead letter: the first one is there already.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from aiokafka import ConsumerRecord

from events.codec import Codec
from events.error_text import described
from events.positions import Position
from events.topics import Partitioning
from processors.handlers.absent_keys import AbsentKeys
from processors.handlers.batch import UNASSIGNED, Batch
from processors.handlers.fold import FoldedRecord, fold, subscribers
from processors.handlers.patient import transient
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read, Reader
from processors.handlers.reject import EVERY
from processors.handlers.writer import Writer
from processors.redrive.corrections import MOST, Corrections
from processors.transport.lease import Lease, LeaseLost
from projections.projection import Projection
from projections.store.protocol import Store
from projections.tally.stamps import Correction
from projections.tally.tally import Tally

NEVER = sys.maxsize  # as the next offset that a projection wants: it wants none of these
TOO_OFTEN = f"it was redriven {MOST} times, and its rows can't be corrected more often: rebuild the read model"

FreshCodec = Callable[[], Codec]  # without what it remembers: a schema that was unknown may be registered by now
Failures = dict[int, str]  # offset -> why the record failed again
Ask = Callable[[Sequence[tuple[Position, str]]], Awaitable[None]]  # see CassandraRedriveRequests


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
    outcome is a failure that says so, and nothing is lost by asking once more after the shard's next event.

    A reactor may have read the rows without the record, and passed by what it should have done. So for each record
    that was folded, the reactors that want its event are asked to look at it again, before the redrive is answered:
    a crash in between has both done once more."""

    def __init__(
        self,
        topic: str,
        projections: Sequence[Projection | Tally],
        store: Store,
        fresh_codec: FreshCodec,
        corrections: Corrections,
        *,
        reactors: Sequence[type[Reactor]],
        ask: Ask,
    ):
        self.names = [projection.name for projection in projections]
        self._topic, self._fresh_codec = topic, fresh_codec
        self._corrections, self._reactors, self._ask = corrections, reactors, ask
        self._subscribers, self._writer = subscribers(projections), Writer(topic, store)
        self._partitioning = store.partitioning

    def serves(self, name: str) -> bool:
        """See Replay."""
        return name == EVERY or name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Replay."""
        wanted = {projection: 0 if name in (EVERY, projection) else NEVER for projection in self.names}
        reader = Reader(self._fresh_codec(), self._partitioning, absent=AbsentKeys(looks=0), rejects_new_events=True)
        reads, unreadable = await reader.read(self._topic, records, lease)
        failed = [(reject.record.offset, reject.reason) for reject in unreadable]
        if reads:
            failed += await self._correct(reads, wanted, lease)
        found = failures(failed)
        await self._ask_reactors([read for read in reads if read.offset not in found], lease)
        return found

    async def _correct(self, reads: Sequence[Read], wanted: Mapping[str, int], lease: Lease) -> list[tuple[int, str]]:
        """Folds events as their next corrections, and writes them: what failed. Raises LeaseLost."""
        partition, offsets = reads[0].record.partition, [read.offset for read in reads]
        numbers = await lease.retry(
            lambda: self._corrections.next_numbers(self._topic, partition, offsets), transient=transient
        )
        failed = [(offset, TOO_OFTEN) for offset in offsets if offset not in numbers]
        stamps = Correction(numbers)
        folded = fold([read for read in reads if read.offset in numbers], wanted, self._subscribers, stamps=stamps)
        failed += [(reject.record.offset, reject.reason) for record in folded for reject in record.rejects]
        return failed + await self._write(folded, stamps, lease)

    async def _ask_reactors(self, reads: Sequence[Read], lease: Lease) -> None:
        """Asks the reactors that want these events to look at them again. Raises LeaseLost."""
        places = [
            (Position(self._topic, read.record.partition, read.offset), reactor.name)
            for read in reads
            for reactor in self._reactors
            if type(read.event) in reactor.wants
        ]
        if places:
            await lease.retry(lambda: self._ask(places), transient=transient)

    async def _write(self, folded: Sequence[FoldedRecord], stamps: Correction, lease: Lease) -> list[tuple[int, str]]:
        """Writes corrections: what failed, whatever it raised, found by halves. Raises LeaseLost."""
        if not folded:
            return []
        try:
            rejects = await self._writer.write(folded[0].read.record.partition, folded, lease, stamps=stamps)
        except LeaseLost:
            raise
        except Exception as error:  # an operator waits for an answer, and the partition for its next batch
            if len(folded) == 1:
                return [(folded[0].read.offset, described(error))]
            half = len(folded) // 2
            return await self._write(folded[:half], stamps, lease) + await self._write(folded[half:], stamps, lease)
        return [(reject.record.offset, reject.reason) for reject in rejects]


class ReactorReplay:
    """Has a reactor react to records again, one at a time; what it makes has ids derived from its cause."""

    def __init__(self, reactor: Reactor, fresh_codec: FreshCodec, partitioning: Partitioning):
        self.names, self._partitioning = [reactor.name], partitioning
        self._reactor, self._wants, self._fresh_codec = reactor, frozenset(reactor.wants), fresh_codec

    def serves(self, name: str) -> bool:
        """See Replay."""
        return name in self.names

    async def __call__(self, records: Sequence[ConsumerRecord[Any, Any]], name: str, lease: Lease) -> Failures:
        """See Replay."""
        reader = Reader(self._fresh_codec(), self._partitioning, absent=AbsentKeys(looks=0), rejects_new_events=True)
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
                failed.append((read.offset, described(error)))
        return failures(failed)


def failures(failed: Iterable[tuple[int, str]]) -> Failures:
    """The failures by offset; several of one record are one, each reason said once."""
    reasons: dict[int, dict[str, None]] = {}
    for offset, reason in failed:
        reasons.setdefault(offset, {})[reason] = None
    return {offset: "; ".join(of) for offset, of in reasons.items()}
