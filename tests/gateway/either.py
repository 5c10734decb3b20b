"""What is kept in memory by tests, and in Cassandra by the gateway: both must keep the same promises."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import pytest

from events.settings import Settings
from projections.keyspace import GATEWAY
from projections.store.cassandra import CassandraStore, connected

Kept = TypeVar("Kept")
Opened = Callable[[], AbstractAsyncContextManager[Kept]]


def either(
    request: pytest.FixtureRequest, memory: Callable[[], Kept], cassandra: Callable[[CassandraStore, Settings], Kept]
) -> Opened[Kept]:
    """Opens the one that a fixture's parameter names: "memory", or "cassandra", by the gateway's own role."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Kept]:
        if request.param == "memory":
            yield memory()
            return
        settings: Settings = request.getfixturevalue("darkroom")
        async with connected(settings, GATEWAY, settings.gateway_password) as store:
            yield cassandra(store, settings)

    return opened
