"""The stores that keep one contract: a scenario is run on each of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from events.settings import Settings
from processors.handlers.patient import PatientStore
from processors.transport.lease import Lease
from projections.store.cassandra import CassandraStore, connect, disconnect
from projections.store.direct.connections import kept_connections
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from projections.store.roles import WORKER
from tests.kit import run
from tests.store.tables import create

Scenario = Callable[[Store], Awaitable[None]]


Make = Callable[[], Store]
Opened = Callable[[], AbstractAsyncContextManager[Store]]


@dataclass
class On:
    """Runs a scenario on one of the stores."""

    opened: Opened

    def __call__(self, scenario: Scenario) -> None:
        async def inside() -> None:
            async with self.opened() as store:
                await scenario(store)

        run(inside())


def as_it_is(make: Make) -> Opened:
    """Stores that needn't be opened."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Store]:
        yield make()

    return opened


@pytest.fixture(scope="module")
def cassandra(darkroom: Settings) -> Iterator[Callable[[], Store]]:
    """Makes stores in Cassandra that share a session; the tables of all kinds are there."""
    superuser = connect(darkroom, "cassandra", darkroom.cassandra_password)
    create(superuser, darkroom.keyspace)
    disconnect(superuser)
    session = connect(darkroom, WORKER, darkroom.worker_password)
    yield lambda: CassandraStore(session, darkroom.keyspace)
    disconnect(session)


@pytest.fixture
def direct(darkroom: Settings, cassandra: Make) -> Opened:
    """A store in Cassandra whose reads must all go over the loop's own connections: one over the driver fails."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Store]:
        of: Any = cassandra()
        async with kept_connections(of._session) as connections, asyncio.timeout(30):
            await connections.there()
            store: Any = CassandraStore(of._session, darkroom.keyspace, direct=connections)
            store.execute = None  # what reads would fall back to
            yield store

    return opened


@pytest.fixture(params=["memory", "patient", "cassandra", "direct"])
def on(request: pytest.FixtureRequest) -> On:
    """Each of the stores."""
    if request.param == "patient":
        return On(as_it_is(lambda: PatientStore(MemoryStore(), Lease.of())))
    if request.param == "memory":
        return On(as_it_is(MemoryStore))
    made = request.getfixturevalue(request.param)
    return On(made if request.param == "direct" else as_it_is(made))
