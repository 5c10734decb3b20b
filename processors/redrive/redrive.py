"""Redrive: replays dead letters in the worker that owns their partition, as an operator asks for it.

An app's `tick` runs in the same task as the partition's batches, so a correction has no batch beside it, and the one
writer of a tally's shard stays the only one. A crash between replaying a record and answering has it replayed once
more, which changes nothing.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from aiokafka.errors import KafkaError
from prometheus_client import Counter

from processors.handlers.batch import Partition
from processors.handlers.patient import PatientStore, transient
from processors.handlers.writer import every
from processors.log.records import RecordReader
from processors.redrive.replay import Replay
from processors.redrive.requests import APPLIED, START, Place, RedriveRequest, RedriveRequests
from processors.transport.lease import Lease
from projections.progress import next_offsets
from projections.projection import GENERATION
from projections.store.protocol import Store, StoreUnavailable

BELL_SECONDS = 0.9  # a little less than between two ticks: one look at a topic's bell serves all of its partitions
OUTCOME_CHARACTERS = 1000
ROUND = 100  # records between two batches, a second at most: what comes meanwhile waits for no more
ANSWERS_AT_ONCE = 50
REDRIVEN = Counter("darkroom_records_redriven", "Requests to redrive a record that were answered", ["topic", "outcome"])


@dataclass(slots=True)
class Scan:
    """One reading of a partition's requests, a page at a time.

    - `bell`: what the bell was when it began
    - `after`: behind what the next page begins; None at the end
    - `due`: what was read and is to be answered
    - `again`: some are to be read again, as somebody comes before them"""

    bell: UUID | None
    after: Place | None = START
    due: deque[RedriveRequest] = field(default_factory=deque[RedriveRequest])
    again: bool = False

    def over(self, bell: UUID | None) -> bool:
        """Whether all of it is done, and there is something to read again."""
        return self.after is None and not self.due and (self.again or self.bell != bell)


class Redrive:
    """One app's part in redriving. `tick` and `forget` are called by the app.

    `first`: names whose pending requests for a record are waited for. A reactor reads the read models, so they get
    their record before it does; and what it is asked to look at again it may have yet to reach, or be at just now."""

    def __init__(
        self,
        requests: RedriveRequests,
        replay: Replay,
        originals: RecordReader,
        store: Store,
        first: Collection[str] = (),
        round_size: int = ROUND,
        now: Callable[[], float] = time.monotonic,
    ):
        self._requests, self._replay, self._originals, self._store = requests, replay, originals, store
        self._first, self._round, self._now = frozenset(first), round_size, now
        self._bells: dict[str, tuple[float, UUID | None]] = {}  # topic -> when it was looked at, and what it was
        self._scans: dict[Partition, Scan] = {}
        self._outages: dict[Partition, int] = {}  # the store's outages when a partition's requests were last read

    def forget(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions that were just (re)assigned: another worker may have answered."""
        for partition in partitions:
            self._scans.pop(partition, None)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Answers some of a partition's requests, if there are any: one page is read and one round done, however many
        there are, and what was read is done before anything is read again. Raises LeaseLost."""
        if self._outages.get(partition) != self._store.outages:  # answers may be forgotten, and what they were about
            self._outages[partition] = self._store.outages
            self.forget(frozenset({partition}))
        try:
            bell = await self._bell(partition.topic)
            scan = self._scans.setdefault(partition, Scan(None, None))
            if scan.over(bell):
                scan = self._scans[partition] = Scan(bell)
            if scan.after is not None and len(scan.due) < self._round:
                await self._read_page(partition, scan)
        except StoreUnavailable:  # which the batches say, and wait for; nobody waits for this
            return
        due = list(islice(scan.due, self._round))
        if not due:
            return
        outcomes = await self._outcomes(partition, due, lease)
        if not await self._answer_all(partition, outcomes, lease):
            return
        for _ in due:
            scan.due.popleft()
        scan.due.extendleft(request for request in reversed(due) if request not in outcomes)

    async def _answer_all(self, partition: Partition, outcomes: Mapping[RedriveRequest, str], lease: Lease) -> bool:
        """Answers requests, many at once. Returns False if the database broke meanwhile: all is to be done again."""
        left = list(outcomes.items())
        for i in range(0, len(left), ANSWERS_AT_ONCE):
            some = left[i : i + ANSWERS_AT_ONCE]
            answers = (
                lease.retry(lambda r=request, o=outcome: self._answer(partition, r, o), transient=transient)
                for request, outcome in some
            )
            if not all(await every(answers)):
                return False
            for _, outcome in some:
                REDRIVEN.labels(partition.topic, outcome.partition(":")[0]).inc()
        return True

    async def _answer(self, partition: Partition, request: RedriveRequest, outcome: str) -> bool:
        """Answers, unless the database broke since the requests were read: then all of it is done again."""
        if self._store.outages != self._outages[partition]:
            return False
        await self._requests.answer(request, outcome)
        return True

    async def _bell(self, topic: str) -> UUID | None:
        looked, bell = self._bells.get(topic, (-BELL_SECONDS, None))
        now = self._now()
        if now - looked >= BELL_SECONDS:
            self._bells[topic] = (now, bell)  # said first: the other partitions' ticks don't ask as well
            bell = await self._requests.bell(topic)
            self._bells[topic] = (now, bell)
        return bell

    async def _read_page(self, partition: Partition, scan: Scan) -> None:
        """Reads a page of a partition's requests. Raises StoreUnavailable."""
        assert scan.after is not None
        page = await self._requests.page(*partition, scan.after)
        pending = [request for request in page.requests if not request.outcome]
        before = {request.position for request in pending if request.projection in self._first}
        ours = [request for request in pending if self._replay.serves(request.projection)]
        due = [request for request in ours if request.position not in before]
        scan.due.extend(due)
        scan.after, scan.again = page.after, scan.again or len(due) < len(ours)

    async def _outcomes(
        self, partition: Partition, requests: Sequence[RedriveRequest], lease: Lease
    ) -> Mapping[RedriveRequest, str]:
        """Replays the requests' records; without those that a reactor has yet to reach. Raises LeaseLost."""
        progress = await next_offsets(PatientStore(self._store, lease), *partition)
        folded = min(progress.get((name, GENERATION), 0) for name in self._replay.names)
        if self._first:
            requests = [request for request in requests if request.position.offset < folded]
        offsets = {request.position.offset for request in requests if request.position.offset < folded}
        originals = await lease.retry(lambda: self._originals(*partition, offsets), transient=unread) if offsets else {}
        failures: dict[RedriveRequest, str] = {}
        for name in sorted({request.projection for request in requests}):
            these = {request.position.offset: request for request in requests if request.projection == name}
            records = [originals[offset] for offset in sorted(these) if offset in originals]
            failed = await self._replay(records, name, lease) if records else {}
            for offset, request in these.items():
                if offset >= folded:
                    failures[request] = f"its partition is only folded up to {folded}: ask again later"
                elif offset not in originals:
                    failures[request] = "the log doesn't hold the record (any more)"
                elif offset in failed:
                    failures[request] = failed[offset]
        return {
            request: f"failed: {failures[request]}"[:OUTCOME_CHARACTERS] if request in failures else APPLIED
            for request in requests
        }


def unread(error: Exception) -> bool:
    """Whether the log just didn't answer."""
    return isinstance(error, KafkaError | TimeoutError)
