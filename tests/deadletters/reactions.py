"""A projector of likes of which one tally has a fault, behind a circuit breaker."""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from events.generated import Event, PhotoLiked
from events.json_form import from_json
from events.schema import all_schemas
from processors.handlers.batch import Batch, Partition, Record
from processors.handlers.circuit_breaker import CircuitBreaker, CircuitOpen
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projector import Projector
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.progress import next_offsets
from projections.store.memory import MemoryStore
from projections.tally.tally import Tally
from tests.kit import MemoryLog, Worker, cut

TOPIC, LIMIT, LIKES = "reactions", 12, 30
LIKE = all_schemas()["darkroom.reactions.PhotoLiked"]


class Faulty:
    """A tally that can't fold some events, for as long as they are named here."""

    def __init__(self, tally: Tally, cannot: Collection[UUID]):
        self.cannot = set(cannot)
        self.tally = copy.copy(tally)
        fold = tally._fold

        def faulty(event: Event) -> Any:
            if event.event_id in self.cannot:
                raise ValueError("a bug")
            return fold(event)

        self.tally._fold = faulty


class Reactions:
    """A log of likes in one partition, and a projector of it of whose tallies one has a fault."""

    def __init__(self, limit: int = LIMIT, cannot: Collection[int] = range(LIKES)):
        self.log, self.store, self.letters = MemoryLog(), MemoryStore(), list[DeadLetter]()
        self.breaker = CircuitBreaker(TOPIC, limit)
        (likers,) = (each for each in of_topic(TOPIC) if each.name == "likers")
        assert isinstance(likers, Tally)
        self.faulty = Faulty(likers, [UUID(int=number) for number in cannot])
        self.projections = [self.faulty.tally if each is likers else each for each in of_topic(TOPIC)]

    async def begin(self, undecodable: Collection[int] = ()) -> Projector:
        """Appends the likes, and makes a projector of their partition."""
        like = from_json(LIKE, LIKE.example())
        assert isinstance(like, PhotoLiked)
        likes = [replace(like, event_id=UUID(int=n), photo_id=UUID(int=1 + n % 5)) for n in range(LIKES)]
        await self.log.append(*likes)
        self.past, self.since = self.log.past, self.log.since
        ((_, self.partition),) = self.log.partitions
        self.good = self.log.partitions[TOPIC, self.partition]
        self.records = [replace(r, value=b"nonsense") if r.offset in undecodable else r for r in self.good]
        projector = Projector(
            TOPIC,
            self.projections,
            self.store,
            self.log.codec,
            DeadLetterQueue(self._keep, self.breaker),
            self,
        )
        await projector.start(Partition(TOPIC, self.partition))
        return projector

    async def _keep(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def __call__(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, Record]:
        """See LogReader, whose other questions the log answers."""
        return {offset: self.records[offset] for offset in offsets}

    def batches(self, size: int) -> list[Batch]:
        """All records, in batches of a size."""
        return [Batch(TOPIC, self.partition, 1, list(records)) for records in cut(self.records, size)]

    async def progress(self) -> set[int]:
        """The next offsets of the projections."""
        known = await next_offsets(self.store, TOPIC, self.partition)
        return {known.get((each.name, 1), 0) for each in self.projections}

    async def never_failed(self) -> MemoryStore:
        """The store of a worker whose folds have no fault."""
        store = MemoryStore()
        await Worker(store, self.log.codec).fold_all(self.log)
        return store


async def handled(projector: Projector, batches: Sequence[Batch]) -> CircuitOpen | None:
    """Hands batches over, up to the first that the circuit breaker stops: what it says."""
    for batch in batches:
        try:
            await projector.handle(batch, Lease.of())
        except CircuitOpen as stopped:
            return stopped
    return None
