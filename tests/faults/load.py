"""Load: a world's facts, encoded beforehand and appended to the log at a rate, from a thread of its own."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from events.codec import Codec
from events.confluent_registry import ConfluentRegistry
from events.generated import Event
from events.personal import Erased, KeysUnavailable
from events.positions import Position
from events.schema import all_schemas
from events.settings import Settings
from producers.publisher import EncodedRecord, NotPublished, Publisher
from projections.private.keys import KeyStore
from projections.store.cassandra import CassandraStore, connect, disconnect
from tests.faults.processes import PATIENCE
from tests.faults.world import World
from tests.partitions import PARTITIONING

SLICE = 0.1  # seconds between two parts of what is appended
AT_ONCE = 20  # keys made at once: each is a lightweight transaction, which a busy machine gives up after 1.8 s
PART = 5000  # records appended at once
T = TypeVar("T")
Encoded = tuple[UUID, EncodedRecord]  # an event's id, and its record


class KeptKeys:
    """Keys that are asked for once: facts can be encoded while the database is down."""

    def __init__(self, store: KeyStore) -> None:
        self._store, self._kept = store, dict[UUID, bytes | Erased]()

    async def many(self, people: Collection[UUID]) -> Mapping[UUID, bytes | Erased]:
        """See events.personal.Keys."""
        if missing := set(people) - self._kept.keys():
            self._kept |= await self._store.many(missing)
        return self._kept


class Flow:
    """Facts on their way into the log."""

    def __init__(self) -> None:
        self.acknowledged: dict[Position, UUID] = {}  # where Kafka said that it has an event
        self.stopping = threading.Event()
        self.done = threading.Event()
        self.error: BaseException | None = None

    def stop(self) -> None:
        """Append no more. Returns when all that was appended is acknowledged; raises what went wrong."""
        self.stopping.set()
        self.wait()

    def wait(self, seconds: float = 180.0) -> None:
        """Returns when everything is acknowledged; raises what went wrong."""
        assert self.done.wait(seconds), f"the load wasn't acknowledged within {seconds:.0f} s"
        if self.error is not None:
            raise self.error


async def parts_of(encoded: Sequence[Encoded]) -> AsyncIterator[list[Encoded]]:
    """Facts in parts."""
    for i in range(0, len(encoded), PART):
        yield list(encoded[i : i + PART])


class Source:
    """Appends facts. Its loop runs in a thread, so that a test can wait, kill and look meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="load", daemon=True)
        self._thread.start()
        self._session = connect(settings, "cassandra", settings.cassandra_password)
        self._keys = KeyStore(CassandraStore(self._session, settings.keyspace), settings)
        self._registry = ConfluentRegistry(settings)
        self._codec = Codec(self._registry, KeptKeys(self._keys))
        self._settings = settings
        self._publisher = self.run(self._connect())

    async def _connect(self) -> Publisher:
        for schema in all_schemas().values():  # now, so that it can append any fact while the registry is away
            self._codec._ids[schema.full_name] = await self._registry.id_of(schema)
        return Publisher(self._settings, self._codec, "load", PARTITIONING)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = PATIENCE) -> T:
        """What a coroutine returns, run in the source's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def give_keys(self, people: Sequence[UUID]) -> None:
        """Makes the keys that people's personal fields are sealed with."""

        async def create() -> None:
            for i in range(0, len(people), AT_ONCE):
                await asyncio.gather(*map(self._key, people[i : i + AT_ONCE]))

        self.run(create())

    async def _key(self, person: UUID) -> None:
        """Makes a key, which may have been made already."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                await self._keys.create(person)
            except KeysUnavailable:
                if time.monotonic() > until:
                    raise
            else:
                return

    def encode(self, events: Sequence[Event]) -> list[Encoded]:
        """Facts as the log keeps them."""
        return self.run(self._encoded(events))

    def append(self, encoded: Sequence[Encoded]) -> Flow:
        """Appends facts as fast as Kafka takes them, and returns when it has them."""
        flow = Flow()
        asyncio.run_coroutine_threadsafe(self._run(parts_of(encoded), 0.0, flow), self._loop)
        flow.wait()
        return flow

    def flow(self, world: World, rate: float) -> Flow:
        """Begins to append a world's next facts, so many a second, until it is told to stop."""
        flow = Flow()
        asyncio.run_coroutine_threadsafe(self._run(self._coming(world, int(rate * SLICE)), SLICE, flow), self._loop)
        return flow

    async def _coming(self, world: World, size: int) -> AsyncIterator[list[Encoded]]:
        while True:
            yield await self._encoded(world.events(size))

    async def _encoded(self, events: Sequence[Event]) -> list[Encoded]:
        records = await self._publisher.records(events)
        return [(event.event_id, record) for event, record in zip(events, records, strict=True)]

    async def _run(self, parts: AsyncIterator[list[Encoded]], pause: float, flow: Flow) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                async for part in parts:
                    if flow.stopping.is_set():
                        break
                    group.create_task(self._part(part, flow))
                    await asyncio.sleep(pause)
        except BaseException as error:
            flow.error = error
        finally:
            flow.done.set()

    async def _part(self, part: Sequence[Encoded], flow: Flow) -> None:
        records = [record for _, record in part]
        while True:
            with suppress(NotPublished):  # Kafka is away for longer than the publisher waits: again, as a client would
                positions = await self._publisher.append(records)
                break
        flow.acknowledged |= dict(zip(positions, (identity for identity, _ in part), strict=True))

    def close(self) -> None:
        """Ends the thread and the connections."""
        self.run(self._publisher.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        disconnect(self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._registry.close()
