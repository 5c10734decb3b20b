"""The stores that keep one contract: a scenario is run on each of them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest

from events.settings import Settings
from processors.handlers.patient import PatientStore
from processors.transport.lease import Lease
from projections.store.cassandra import CassandraStore, connect, disconnect
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from projections.store.roles import WORKER
from tests.kit import run
from tests.store.tables import create

Scenario = Callable[[Store], Awaitable[None]]


@dataclass
class On:
    """Runs a scenario on one of the stores."""

    make: Callable[[], Store]

    def __call__(self, scenario: Scenario) -> None:
        async def inside() -> None:
            await scenario(self.make())

        run(inside())


@pytest.fixture(scope="module")
def cassandra(darkroom: Settings) -> Iterator[Callable[[], Store]]:
    """Makes stores in Cassandra that share a session; the tables of all kinds are there."""
    superuser = connect(darkroom, "cassandra", darkroom.cassandra_password)
    create(superuser, darkroom.keyspace)
    disconnect(superuser)
    session = connect(darkroom, WORKER, darkroom.worker_password)
    yield lambda: CassandraStore(session, darkroom.keyspace)
    disconnect(session)


@pytest.fixture(params=["memory", "patient", "cassandra"])
def on(request: pytest.FixtureRequest) -> On:
    """Each of the stores."""
    if request.param == "patient":
        return On(lambda: PatientStore(MemoryStore(), Lease.of()))
    return On(MemoryStore if request.param == "memory" else request.getfixturevalue("cassandra"))
