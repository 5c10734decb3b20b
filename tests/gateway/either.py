"""What is kept in memory by tests, and in Cassandra by the gateway: both must keep the same promises."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import pytest

from events.settings import Settings
from projections.store.cassandra import CassandraStore, connected
from projections.store.roles import GATEWAY

Kept = TypeVar("Kept")
Opened = Callable[[], AbstractAsyncContextManager[Kept]]


def either(
    request: pytest.FixtureRequest, memory: Callable[[], Kept], cassandra: Callable[[CassandraStore, Settings], Kept]
) -> Opened[Kept]:
    """Opens the one that a fixture's parameter names: "memory", or "cassandra", by the gateway's own role."""
    # Now, and not once a test's event loop runs: the fixture runs one of its own.
    darkroom: Settings | None = None if request.param == "memory" else request.getfixturevalue("darkroom")

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Kept]:
        if darkroom is None:
            yield memory()
            return
        async with connected(darkroom, GATEWAY, darkroom.gateway_password) as store:
            yield cassandra(store, darkroom)

    return opened
