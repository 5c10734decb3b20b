"""Redrive: replays dead letters in the worker that owns their partition, as an operator asks for it.

An app's `tick` runs in the same task as the partition's batches, so a correction has no batch beside it, and the one
writer of a tally's shard stays the only one. A crash between replaying a record and answering has it replayed once
more, which changes nothing.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from aiokafka.errors import KafkaError
from prometheus_client import Counter

from processors.handlers.batch import Partition
from processors.handlers.patient import PatientStore, transient
from processors.log.records import RecordReader
from processors.redrive.replay import Replay
from processors.redrive.requests import APPLIED, RedriveRequest, RedriveRequests
from processors.transport.lease import Lease
from projections.progress import next_offsets
from projections.projection import GENERATION
from projections.store.protocol import Store, StoreUnavailable

BELL_SECONDS = 0.9  # a little less than between two ticks: one look at a topic's bell serves all of its partitions
OUTCOME_CHARACTERS = 1000
ROUND = 500  # records between two batches
REDRIVEN = Counter("darkroom_records_redriven", "Requests to redrive a record that were answered", ["topic", "outcome"])


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
        self._heard: dict[Partition, UUID | None] = {}  # the bell whose requests are in `_due`
        self._due: dict[Partition, list[RedriveRequest]] = {}
        self._outages: dict[Partition, int] = {}  # the store's outages when a partition's requests were last read

    def forget(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions that were just (re)assigned: another worker may have answered."""
        for partition in partitions:
            self._heard.pop(partition, None)
            self._due.pop(partition, None)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Answers some of a partition's requests, if there are any. Raises LeaseLost."""
        if self._outages.get(partition) != self._store.outages:  # answers may be forgotten, and what they were about
            self._outages[partition] = self._store.outages
            self.forget(frozenset({partition}))
        try:
            bell = await self._bell(partition.topic)
            if self._heard.get(partition) != bell:
                # Where somebody else comes first, the next tick looks again.
                self._heard[partition] = bell if await self._read_requests(partition) else None
        except StoreUnavailable:  # which the batches say, and wait for; nobody waits for this
            return
        due = self._due.get(partition, [])[: self._round]
        if not due:
            return
        for request, outcome in (await self._outcomes(partition, due, lease)).items():
            if not await lease.retry(lambda r=request, o=outcome: self._answer(partition, r, o), transient=transient):
                return
            self._due[partition].remove(request)
            REDRIVEN.labels(partition.topic, outcome.partition(":")[0]).inc()

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

    async def _read_requests(self, partition: Partition) -> bool:
        """Reads a partition's requests; whether all that are ours can be replayed now."""
        pending = [request for request in await self._requests.of_partition(*partition) if not request.outcome]
        before = {request.position for request in pending if request.projection in self._first}
        ours = [request for request in pending if self._replay.serves(request.projection)]
        self._due[partition] = [request for request in ours if request.position not in before]
        return len(self._due[partition]) == len(ours)

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
