"""What the gateway's handlers share, made when it starts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from events.codec import Codec
from events.generated import UserRegistered
from events.registry import ConfluentRegistry, Registry
from events.schema import all_schemas
from events.settings import Settings
from producers.publisher import DELIVERY_SECONDS, Publisher
from producers.uploads import S3Uploads, Uploads
from producers.writes.execute import Carrier, UniqueValues
from producers.writes.idempotency import CassandraRequests, Requests
from producers.writes.register import NewKeys
from projections.keyspace import GATEWAY
from projections.private.claims import Claims
from projections.private.keys import KeyStore
from projections.progress import PROGRESS
from projections.store.cassandra import connected
from projections.store.protocol import Store
from web.read_your_writes import Waiting


def whole_milliseconds() -> datetime:
    """The gateway's clock, as finely as rows keep time: so a fact's time is the same in the log and in a row."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Gate:
    """Read models, claims, requests and the log. `clock` gives the time that facts bear."""

    settings: Settings
    store: Store
    claims: UniqueValues
    carrier: Carrier
    requests: Requests
    uploads: Uploads
    keys: NewKeys
    waiting: Waiting
    ready: Callable[[], Coroutine[Any, Any, None]]
    clock: Callable[[], datetime] = whole_milliseconds
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Starts work that goes on when whoever asked for it has gone: what is half done must be finished."""
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits for it hears of it; if nobody does, the next attempt mends it

    async def finish(self) -> None:
        """Waits for what runs."""
        if self.running:
            await asyncio.wait(self.running, timeout=DELIVERY_SECONDS)


@asynccontextmanager
async def open_gate(settings: Settings, client_id: str = "gateway") -> AsyncGenerator[Gate]:
    """A gate to the real servers. StoreUnavailable if Cassandra isn't there."""
    async with connected(settings, GATEWAY, settings.gateway_password) as store:
        registry = ConfluentRegistry(settings)
        keys = KeyStore(store, settings)
        publisher = Publisher(settings, Codec(registry, keys), client_id)
        claims, waiting = Claims(store, settings), Waiting(store)
        uploads = await asyncio.to_thread(S3Uploads, settings)
        gate = Gate(
            settings=settings,
            store=store,
            claims=claims,
            carrier=Carrier(publisher, claims),
            requests=CassandraRequests(store, settings),
            uploads=uploads,
            keys=keys,
            waiting=waiting,
            ready=lambda: reachable(store, registry, publisher),
        )
        try:
            yield gate
        finally:
            await gate.finish()
            await waiting.close()
            await publisher.close()
            registry.close()
            uploads.close()


async def reachable(store: Store, registry: Registry, publisher: Publisher) -> None:
    """Returns if the read models, the registry and Kafka answer; raises otherwise."""
    known = next(schema for schema in all_schemas().values() if schema.name == UserRegistered.__name__)
    await asyncio.gather(store.get(PROGRESS, "accounts", 0, "users", 1), registry.id_of(known), publisher.reach())
