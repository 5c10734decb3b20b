"""What projectors and reactors have in common: each record counts once, what a database forgot is done again, and
`progress` is written last.

For a batch: pass by copies and what `progress` says is done, do the rest, and then write `progress`; only then is it
acknowledged.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar

from processors.handlers.batch import MAX_RECORDS, Batch, Partition, Record
from processors.handlers.checkpoint import Checkpoint, begun_at, said_in
from processors.handlers.copies import LEEWAY_MS, NEVER, Copies
from processors.handlers.dead_letter import DeadLetterQueue
from processors.handlers.patient import PatientStore, transient
from processors.handlers.writer import Forgotten
from processors.log.records import LogReader, OutsideTheLog
from processors.transport.lease import Lease
from projections.progress import Progress, progress_rows, read_progress
from projections.projection import GENERATION
from projections.store.protocol import Store
from projections.store.survival import may_be_lost
from projections.store.table import STAMPS_PER_OFFSET, Stamped
from projections.store.turns import CALLER

COPY_WINDOW_MS = 600_000  # the default of the setting
SETTLED_SECONDS = 30.0  # between two looks at what a healing has achieved: each counts sets anew


class BatchHandler:
    """Handles the batches of an app's partitions. Its app calls `start`, `handle`, `heal` and `assigned`."""

    max_records: ClassVar[int] = MAX_RECORDS  # that are read again at a time

    def __init__(
        self,
        app: str,
        names: Sequence[str],
        store: Store,
        dead_letters: DeadLetterQueue,
        log: LogReader | None = None,
        copy_window_ms: int = COPY_WINDOW_MS,
        now: Callable[[], float] = time.monotonic,
    ):
        """Handles what an app's partitions bring.

        - `app`: in whose turn requests are sent
        - `names`: those whose `progress` it keeps
        - `log`: what the partitions are read from, for looking back"""
        self.app, self.names = app, list(names)
        self._store, self._dead_letters, self._log = store, dead_letters, log
        self._window_ms, self._now = copy_window_ms, now
        self._checkpoints: dict[Partition, Checkpoint] = {}

    async def start(self, where: Partition) -> int:
        """Where to begin reading a partition, so as to know the copies from where its work may begin.

        Its work begins at the least of the offsets that are wanted, or where `heal` finds that something may be lost.
        Raises StoreUnavailable, KafkaError or TimeoutError; OutsideTheLog if the log
        isn't the one that `progress` is about."""
        CALLER.set(self.app)
        outages = self._store.outages
        nodes = await self._store.nodes()
        found = await read_progress(self._store, *where)
        rows = [found.get((name, GENERATION)) or Progress(*where, name, GENERATION) for name in self.names]
        wanted = {row.projection: row.offset or 0 for row in rows}
        start = min(wanted.values(), default=0)
        synced = min(start, *((row.offset or 0) if row.synced is None else row.synced for row in rows))
        begin, end, copies = await self._look_back(where, synced, rows)
        self._checkpoints[where] = Checkpoint(
            wanted=wanted,
            written={row.projection: (row.offset or 0, row.epoch or 0) for row in rows},
            said=said_in(rows),
            steps=begun_at(synced, start, self._now(), rows, nodes),
            nodes=nodes,
            outages=outages,
            record=next((row.record for row in rows if row.record and row.offset == start), ""),
            copies=copies,
            attempted=end,  # the last owner may have come that far, and the database have lost what says so
        )
        self._dead_letters.breaker.begin(where, start)
        return begin

    async def _look_back(self, where: Partition, start: int, rows: Sequence[Progress]) -> tuple[int, int, Copies]:
        """Where to begin reading, where the log ends, and the copies from that beginning on. Raises OutsideTheLog."""
        fingerprints = {int(row.record.partition(":")[0]): row.record for row in rows if row.record}
        reached = max((row.offset or 0 for row in rows), default=0)
        if self._log is None or not reached:
            return start, start, Copies(self._window_ms, start)
        offsets = {reached - 1, *fingerprints}
        past = await self._log.past(*where, start, offsets, self._window_ms + LEEWAY_MS)
        for offset, fingerprint in fingerprints.items():
            if offset in past.records and fingerprint_of(past.records[offset]) != fingerprint:
                raise OutsideTheLog(
                    f"{where.topic}-{where.partition}@{offset} isn't the record that was folded there: the log was cut "
                    "and grew again, or it is another log. Restore the log, or rebuild the read models from this one."
                )
        everything = past.begin <= past.first or start - 1 not in past.records
        since = NEVER if everything else past.records[start - 1].timestamp - self._window_ms - LEEWAY_MS
        return past.begin, past.end, Copies(self._window_ms, past.begin, since)

    def next_offset(self, where: Partition) -> int:
        """The least of the offsets that are wanted of a partition that was started."""
        return self._checkpoints[where].next_offset

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Called with each assignment, before its first batch."""
        self._dead_letters.breaker.close()

    async def handle(self, batch: Batch, lease: Lease) -> None:
        """Handles a batch, and returns when `progress` is past it. Raises LeaseLost, CircuitOpen."""
        CALLER.set(self.app)
        where, checkpoint = batch.topic_partition, self._checkpoints[batch.topic_partition]
        checkpoint.assignment = batch.assignment
        await self._show(where, checkpoint.copies, batch.records, lease)
        while True:
            await self.heal(where, lease)
            wanted, begin = checkpoint.wanted, checkpoint.next_offset
            if batch.next_offset <= begin:
                return
            records = [record for record in batch.records if record.offset >= begin]
            checkpoint.doubtful = begin < checkpoint.ahead
            checkpoint.attempted = max(checkpoint.attempted, batch.next_offset)
            with suppress(Forgotten):  # what was written may be gone: again
                await self._process(where, records, wanted, batch.next_offset, lease)
                await self.settle(where, lease)
                await self.write_progress(where, batch.next_offset, lease)
                await lease.retry(lambda: self.check(where), transient=transient)
                break
        checkpoint.wanted = {name: max(batch.next_offset, offset) for name, offset in wanted.items()}
        checkpoint.passed(self._now(), checkpoint.next_offset)

    async def heal(self, where: Partition, lease: Lease) -> None:
        """Does again what the database may have lost, because several of its nodes started anew. Raises LeaseLost.

        It acknowledges before it syncs, so its last moments may be gone, and `progress` with them: they are read from
        the log once more. What one node alone may have lost, others have (`projections.store.survival`); one that
        was away and hasn't started again has all it had. What ends a healing leaves it to go on from where it came."""
        CALLER.set(self.app)
        checkpoint = self._checkpoints[where]
        while True:
            outages = self._store.outages
            nodes = await lease.retry(self._store.nodes, transient=transient)
            lost = checkpoint.lost(nodes)
            checkpoint.outages, checkpoint.nodes = outages, nodes
            if not lost and checkpoint.reached >= checkpoint.next_offset:
                break
            with suppress(Forgotten):
                if lost:
                    await self._go_back(where, checkpoint, lease)
                await self._do_again(where, checkpoint, lease)
        checkpoint.sync(self._now(), nodes)
        checkpoint.copies.forget_below(checkpoint.synced)
        if checkpoint.next_offset and checkpoint.said is not None and may_be_lost(checkpoint.said, nodes):
            # Only what is longer ago than its row tells: nobody may wait until the partition's next event.
            with suppress(Forgotten):
                await self.write_progress(where, checkpoint.next_offset, lease)

    async def check(self, where: Partition) -> None:
        """Raises Forgotten if something may be lost since the work that is under way began; StoreUnavailable."""
        checkpoint, outages = self._checkpoints[where], self._store.outages
        if outages != checkpoint.outages:
            if checkpoint.lost(await self._store.nodes()):
                raise Forgotten
            checkpoint.outages = outages

    async def _go_back(self, where: Partition, checkpoint: Checkpoint, lease: Lease) -> None:
        """Forgets having done what may be lost. Raises LeaseLost."""
        self.forget()
        rows = await read_progress(PatientStore(self._store, lease), *where)
        # `progress` may have been written after the break, over what is missing: hence also where we were a while ago.
        found = (rows.get((name, GENERATION)) for name in self.names)
        checkpoint.go_back(checkpoint.nodes, min(((row.offset or 0) if row else 0 for row in found), default=0))
        checkpoint.ahead = max(checkpoint.ahead, checkpoint.attempted, *checkpoint.wanted.values())

    async def _do_again(self, where: Partition, checkpoint: Checkpoint, lease: Lease) -> None:
        """Does all from where it came to where we were. Raises LeaseLost, Forgotten."""
        upto, since, copies = checkpoint.next_offset, checkpoint.reached, checkpoint.copies
        checkpoint.doubtful, settled = True, self._now()
        for begin in range(min(since, copies.next_offset), upto, self.max_records):
            offsets = range(begin, min(begin + self.max_records, upto))
            records = await self._read_again(where, offsets, lease)
            await self._show(where, copies, records, lease)
            again = [record for record in records if record.offset >= since]
            await self._process(where, again, dict.fromkeys(self.names, since), offsets.stop, lease)
            if self._now() - settled >= SETTLED_SECONDS and since < offsets.stop < upto:
                await self._keep(where, checkpoint, offsets.stop, lease)
                settled = self._now()
        # What those further ahead had done may be gone too: the batches from here on bring it again.
        await self._keep(where, checkpoint, upto, lease)
        checkpoint.wanted = dict.fromkeys(self.names, upto)

    async def _keep(self, where: Partition, checkpoint: Checkpoint, end: int, lease: Lease) -> None:
        """Makes what was done again below `end` count, whatever comes. Raises LeaseLost, Forgotten."""
        await self.settle(where, lease)
        nodes = await lease.retry(self._store.nodes, transient=transient)
        checkpoint.sync(self._now(), nodes)
        if end:
            await self.write_progress(where, end, lease)  # only now: it says that all of this is kept
        await lease.retry(lambda: self.check(where), transient=transient)
        checkpoint.passed(self._now(), end)
        checkpoint.nodes = nodes

    async def _read_again(self, where: Partition, offsets: range, lease: Lease) -> list[Record]:
        assert self._log is not None, "this handler was given no way to read the log again"
        log = self._log
        found = await lease.retry(lambda: log(*where, offsets), transient=lambda _: True)
        return [found[offset] for offset in sorted(found)]

    async def _show(self, where: Partition, copies: Copies, records: Sequence[Record], lease: Lease) -> None:
        """Has the copies among records found."""
        while (since := copies.show(records)) is not None:
            assert self._log is not None, "this handler was given no way to read the log again"
            read = partial(self._log.since, *where, since, copies.next_offset)
            found = await lease.retry(read, transient=lambda _: True)
            copies.learn(found, since)

    async def _process(
        self, where: Partition, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Does all that records, copies among them, give to do. Raises LeaseLost, Forgotten, CircuitOpen."""
        checkpoint = self._checkpoints[where]
        counting = checkpoint.copies.without(records)
        if counting:
            await self.process(where, counting, wanted, end, lease)
        if records:
            checkpoint.record = fingerprint_of(records[-1])

    async def process(
        self, where: Partition, records: Sequence[Record], wanted: Mapping[str, int], end: int, lease: Lease
    ) -> None:
        """Does what records give to do, at least one and no copies; `end` is what `progress` will say.

        `wanted` has the next offset by name. It may be called with the same records again at any time. Raises
        LeaseLost, Forgotten, CircuitOpen."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forgets whatever it takes to be in the database, some of which that may have lost."""

    async def settle(self, where: Partition, lease: Lease) -> None:
        """Does what is left to do before `progress`, if anything was doubtful. Raises LeaseLost, Forgotten."""

    async def write_progress(self, where: Partition, end: int, lease: Lease) -> None:
        """Writes that all below `end` is done. Raises LeaseLost, Forgotten."""
        checkpoint = self._checkpoints[where]
        rows = self._progress(where, checkpoint, end)

        async def write() -> None:
            await self.check(where)  # each time: it may break between two attempts
            await self._store.write_together(rows)

        await lease.retry(write, transient=transient)

    def _progress(self, where: Partition, checkpoint: Checkpoint, end: int) -> list[Stamped]:
        """The rows which say that all below `end` is done. Those that said more already can't say less, as the stamp is
        the offset: in the midst of a healing they say that nothing above `synced` is to be believed."""
        rows: list[Stamped] = []
        checkpoint.said = checkpoint.unsynced()
        for name in self.names:
            offset, epoch = checkpoint.written[name]
            less = end < offset
            epoch = min(epoch + 1, STAMPS_PER_OFFSET - 1) if end <= offset else 0
            checkpoint.written[name] = max(end, offset), epoch
            rows += progress_rows(
                *where,
                [(name, GENERATION)],
                offset=max(end, offset),
                synced=min(checkpoint.synced, end),
                nodes=str(checkpoint.nodes.forgotten() if less else checkpoint.said),
                record=checkpoint.record,
                epoch=epoch,
            )
        return rows


def fingerprint_of(record: Record) -> str:
    """A record's offset, and a hash of its key and value."""
    digest = hashlib.blake2b(record.key or b"", digest_size=8)
    digest.update(b"\0" + (record.value or b""))
    return f"{record.offset}:{digest.hexdigest()}"
