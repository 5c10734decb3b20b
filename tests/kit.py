"""What tests share: a registry and keys in memory, records as Kafka hands them over, and a worker without Kafka."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord

from events.codec import Codec, key_of, topic_of
from events.generated import Event
from events.personal import Key
from events.registry import UnknownSchema
from events.schema import EventSchema, all_schemas
from events.topics import FACTS, Partitioning, key_bytes
from processors.handlers.batch import Batch, Partition, Record
from processors.handlers.circuit_breaker import CircuitBreaker
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projected import Projected
from processors.handlers.projector import Projector
from processors.log.records import LogReader, OutsideTheLog, Past, Records
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.progress_poller import ProgressPoller
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from tests.partitions import PARTITIONING


class MemoryRegistry:
    """A registry that holds every schema, under the ids 1, 2, 3…"""

    def __init__(self) -> None:
        self._names = list(all_schemas())

    async def id_of(self, schema: EventSchema) -> int:
        return self._names.index(schema.full_name) + 1

    async def schema(self, schema_id: int) -> str:
        if not 1 <= schema_id <= len(self._names):
            raise UnknownSchema(f"the registry has no schema {schema_id}")
        return json.dumps(all_schemas()[self._names[schema_id - 1]].avro)


@dataclass
class MemoryKeys:
    """Everybody has a key, but for those named here."""

    exceptions: dict[UUID, Key | None] = field(default_factory=dict[UUID, Key | None])

    async def many(self, people: Collection[UUID]) -> Mapping[UUID, Key]:
        keys: dict[UUID, Key | None] = {person: self.exceptions.get(person, person.bytes * 2) for person in people}
        return {person: key for person, key in keys.items() if key is not None}


def memory_codec() -> Codec:
    """A codec that needs no server."""
    return Codec(MemoryRegistry(), MemoryKeys())


def record(topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None, at_ms: int = 0) -> Record:
    """A record as aiokafka hands it over."""
    return ConsumerRecord(topic, partition, offset, at_ms, 1, key, value, None, 0, 0, ())


class MemoryLog:
    """A log in memory: each partition's records, in order. See LogReader. `now` is when it appends."""

    def __init__(self, codec: Codec | None = None, partitioning: Partitioning = PARTITIONING) -> None:
        self.codec, self.partitioning = codec or memory_codec(), partitioning
        self.at_ms = 0
        self.partitions: dict[tuple[str, int], list[Record]] = {}
        self.now: Callable[[], datetime] = lambda: datetime.fromtimestamp(self.at_ms / 1000, UTC)

    async def append(self, *events: Event) -> None:
        """Appends events where they belong."""
        for event in events:
            topic, key = topic_of(type(event)), key_of(event)
            self.raw(topic, self.partitioning.of(topic, key), key_bytes(key), await self.codec.encode(event))

    def raw(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        """Appends bytes."""
        records = self.partitions.setdefault((topic, partition), [])
        at = round(self.now().timestamp() * 1000)
        records.append(record(topic, partition, len(records), key, value, at))

    async def __call__(self, topic: str, partition: int, offsets: Collection[int]) -> Records:
        records = self.partitions.get((topic, partition), [])
        return {offset: records[offset] for offset in offsets if 0 <= offset < len(records)}

    async def past(self, topic: str, partition: int, start: int, offsets: Collection[int], stretch_ms: int) -> Past:
        records = self.partitions.get((topic, partition), [])
        if (last := max(start - 1, *offsets)) >= len(records):
            raise OutsideTheLog(f"{last} is beyond the log's end")
        since = records[start - 1].timestamp - stretch_ms if start else 0
        begin = next((each.offset for each in records if each.timestamp >= since), start)
        return Past(await self(topic, partition, {start - 1, *offsets}), 0, len(records), min(begin, start))

    async def since(self, topic: str, partition: int, at_ms: int, end: int) -> list[Record]:
        records = self.partitions.get((topic, partition), [])
        begin = next((each.offset for each in records if each.timestamp >= at_ms), end)
        return records[begin:end]


@dataclass
class Worker:
    """The projectors of a worker, fed by hand."""

    store: Store
    codec: Codec
    letters: list[DeadLetter] = field(default_factory=list)
    limit: int = 0  # of dead letters in a row
    log: LogReader | None = None

    def __post_init__(self) -> None:
        self.breakers = {topic: CircuitBreaker(topic, self.limit) for topic in FACTS}
        self.projectors = {
            topic: Projector(topic, of_topic(topic), self.store, self.codec, self.dead_letters(topic), self.log)
            for topic in FACTS
        }

    def dead_letters(self, app: str) -> DeadLetterQueue:
        """An app's dead letters, which are kept here."""
        return DeadLetterQueue(self._keep, self.breakers.setdefault(app, CircuitBreaker(app, self.limit)))

    async def _keep(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def take_over(self, topic: str, partition: int) -> int:
        """As after an assignment: where to go on."""
        return await self.projectors[topic].start(Partition(topic, partition))

    async def fold(self, records: Sequence[Record]) -> None:
        """One batch."""
        if records:
            first = records[0]
            batch = Batch(first.topic, first.partition, 1, list(records))
            await self.projectors[first.topic].handle(batch, Lease.of())

    async def fold_all(self, log: MemoryLog, size: int = 5) -> None:
        """Every partition from where `progress` is to its end."""
        for (topic, partition), records in log.partitions.items():
            start = await self.take_over(topic, partition)
            for batch in cut(records[start:], size):
                await self.fold(batch)


def projected_in(store: Store) -> Projected:
    """Waits for the read models in a store, and looks at them as often as it is asked."""
    return Projected(store, ProgressPoller(store, interval=0.0), lambda topic: [each.name for each in of_topic(topic)])


def answers(store: MemoryStore) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """Every row by table and whole key; of `progress` only how far each projection is, not when that was written, and
    nothing of how often a set was counted anew."""
    dump = {
        table: {key: {name: value for name, value in row.items() if name != "epoch"} for key, row in rows.items()}
        for table, rows in store.dump().items()
    }
    progress = {key: {"offset": row["offset"]} for key, row in dump.get("progress", {}).items()}
    return dump | ({"progress": progress} if progress else {})


def cut(records: Sequence[Record], size: int) -> Iterable[Sequence[Record]]:
    """Batches of a size."""
    return (records[i : i + size] for i in range(0, len(records), size))


async def folded(store: Store, events: Iterable[Event]) -> Worker:
    """A worker that has folded these events."""
    log = MemoryLog()
    await log.append(*events)
    worker = Worker(store, log.codec)
    await worker.fold_all(log)
    return worker


def run(coroutine):  # type: ignore[no-untyped-def]
    """Runs a test's coroutine in a loop of its own."""
    return asyncio.run(coroutine)
