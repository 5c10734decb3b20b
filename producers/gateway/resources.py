"""What the gateway's handlers share, opened when it starts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from events.generated import UserRegistered
from events.registry import Registry
from events.schema import all_schemas
from events.settings import Settings
from producers.gateway.owners import HandleOwners
from producers.log_search import KafkaLogSearch
from producers.publisher import Publisher
from producers.topics import wait_for_topics
from producers.uploads import S3Uploads, Uploads
from producers.writes.execute import ClaimStore, Executor
from producers.writes.idempotency import CassandraIdempotencyStore, IdempotencyStore
from producers.writes.register import KeyCreator
from projections.private.claims import Claims
from projections.private.codec import open_codecs
from projections.progress import PROGRESS
from projections.store.cassandra import CassandraStore
from projections.store.connecting import connected_patiently
from projections.store.protocol import Store
from projections.store.roles import GATEWAY
from web.read_your_writes import ProjectionWaiter

Connect = Callable[[Settings, str, str], AbstractAsyncContextManager[CassandraStore]]
# What writes that go on get, once the gateway is told to stop: with what requests and the publisher get, less than the
# 30 s after which the supervisor kills it.
FINISH_SECONDS = 8


def whole_milliseconds() -> datetime:
    """Returns the time as finely as rows keep it, so that an event's time is the same in the log and in a row."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Resources:
    """Read models, claims, idempotency, uploads and the log. `clock` gives the time that events bear."""

    settings: Settings
    store: Store
    claims: ClaimStore
    executor: Executor
    idempotency: IdempotencyStore
    uploads: Uploads
    keys: KeyCreator
    waiting: ProjectionWaiter
    needs: Callable[[], Mapping[str, Awaitable[Any]]]
    clock: Callable[[], datetime] = whole_milliseconds
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Starts work that goes on when whoever asked for it has gone, so that no write stays half done."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()  # raised in whoever awaits the task; if nobody does, the next attempt finishes the work

    async def finish(self) -> None:
        """Waits for the work that was started, for FINISH_SECONDS at most: the next attempt finishes the rest."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=FINISH_SECONDS)


@asynccontextmanager
async def open_resources(
    settings: Settings, client_id: str = "gateway", connected: Connect = connected_patiently
) -> AsyncGenerator[Resources]:
    """Opens what works on the real servers. Only Cassandra must be there: `connected` waits for it, or raises."""
    async with connected(settings, GATEWAY, settings.gateway_password) as store:
        with open_codecs(store, settings) as codecs:
            publisher = Publisher(settings, codecs.fresh(), client_id, store.partitioning)
            claims, waiting = Claims(store, settings), ProjectionWaiter(store)
            search = KafkaLogSearch(settings, store.partitioning)
            owners = HandleOwners(store, waiting, search)
            uploads = await asyncio.to_thread(S3Uploads, settings)
            resources = Resources(
                settings=settings,
                store=store,
                claims=claims,
                executor=Executor(publisher, claims, search, owners, settings.copy_window),
                idempotency=CassandraIdempotencyStore(store, settings),
                uploads=uploads,
                keys=codecs.keys,
                waiting=waiting,
                needs=lambda: needed(store, codecs.registry, publisher),
            )
            try:
                yield resources
            finally:
                await resources.finish()
                await waiting.close()
                await publisher.close()
                uploads.close()


@asynccontextmanager
async def open_gateway(settings: Settings) -> AsyncGenerator[Resources]:
    """Opens what the gateway works on, once Kafka's topics are there. Raises WrongTopics if they aren't right."""
    async with open_resources(settings) as resources:
        await wait_for_topics(settings, resources.store.partitioning)
        yield resources


def needed(store: Store, registry: Registry, publisher: Publisher) -> Mapping[str, Awaitable[Any]]:
    """What no write can do without: the read models, the schema registry and the log, each with a check."""
    schema = next(schema for schema in all_schemas().values() if schema.name == UserRegistered.__name__)
    return {
        "database": store.get(PROGRESS, "accounts", 0, "users", 1),
        "schema registry": registry.id_of(schema),
        "log": publisher.reach(),
    }
