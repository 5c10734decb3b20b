"""A worker waits for what it can do nothing without, for as long as it takes: Cassandra, the registry and Kafka.

It listens meanwhile, and says what it waits for: in its log, and at `/readyz`. The object store isn't among them: only
photos that are to be filtered need it, and wait for it by themselves.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from events.confluent_registry import ConfluentRegistry
from events.reachability import Reachability, of_kafka, of_registry
from events.registry import RegistryUnavailable, UnknownSchema
from events.schema import all_schemas
from events.settings import Settings
from processors.worker import listen
from producers.topics import wait_for_topics
from projections.store.cassandra import CassandraStore
from projections.store.connecting import connect_patiently, opened_patiently
from projections.store.nodes import database
from projections.store.roles import WORKER


def wait_for_servers(settings: Settings, names: Sequence[str]) -> CassandraStore:
    """Returns a store as the worker's role, once all that the apps `names` can't start without is there.

    SIGTERM and SIGINT end the process meanwhile, with exit status 0. Raises LoginRefused, and OSError if the port for
    health checks is taken; WrongTopics."""
    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    store = asyncio.run(Waiting(settings, names).store())
    for number, handler in before.items():
        signal.signal(number, handler)
    return store


def leave(*_: Any) -> None:
    """Ends the process at once: it holds nothing yet, and an orderly end would wait for a client library's threads."""
    os._exit(0)


@dataclass
class Waiting:
    """One start that waits. `missing` are the servers that aren't there."""

    settings: Settings
    names: Sequence[str]
    missing: set[str] = field(default_factory=set)

    async def store(self) -> CassandraStore:
        """Listens, waits, and returns the store."""
        runner = await listen(self.settings, healthz=self._healthz, readyz=self._readyz)
        try:
            async with asyncio.TaskGroup() as group:
                connecting = group.create_task(self._cassandra())
                group.create_task(self._kafka())
                group.create_task(self._registry())
            store = connecting.result()
            await wait_for_topics(self.settings, store.partitioning)  # once more: now we know how they must be divided
            return store
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            await runner.cleanup()

    async def _cassandra(self) -> CassandraStore:
        cassandra = self._waits_for(database(self.settings))
        session = await connect_patiently(self.settings, WORKER, self.settings.worker_password)
        store = await opened_patiently(session, self.settings)
        self.missing.discard(cassandra.what)
        return store

    async def _kafka(self) -> None:
        kafka = self._waits_for(of_kafka(self.settings))
        await wait_for_topics(self.settings)
        self.missing.discard(kafka.what)

    async def _registry(self) -> None:
        registry = ConfluentRegistry(self.settings)
        schema = next(iter(all_schemas().values()))
        waits = self._waits_for(of_registry(self.settings))
        await waits.until(lambda: registry.id_of(schema), RegistryUnavailable, UnknownSchema)
        registry.close()
        self.missing.discard(waits.what)

    def _waits_for(self, server: Reachability) -> Reachability:
        self.missing.add(server.what)
        return server

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"crashed": []})

    async def _readyz(self, _: web.Request) -> web.Response:
        waiting = {"waiting": list(self.names), "stopped": {}, "missing": sorted(self.missing)}
        return web.json_response(waiting, status=503)
