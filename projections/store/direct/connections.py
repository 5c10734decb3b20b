"""A connection to each node of our datacenter, for as long as the driver says that the node is up."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any

from cassandra.cluster import Session

from projections.store.connection import RECONNECT_SECONDS
from projections.store.direct.connection import AskTheDriver, DirectConnection, connect
from projections.store.protocol import StoreUnavailable
from projections.store.ring import is_here

UNREACHED = (OSError, TimeoutError, AskTheDriver, StoreUnavailable)


class Connections:
    """The connections of one event loop. `hosts` gives those of the driver's that there should be one to."""

    def __init__(self, session: Session, hosts: Callable[[], Collection[Any]]):
        self._cluster: Any = session.cluster
        self._hosts = hosts
        self._open: dict[Any, DirectConnection] = {}
        self._opening: dict[Any, asyncio.Task[None]] = {}
        self._turn = 0
        self._any = asyncio.Event()

    def to(self, host: Any = None) -> tuple[Any, DirectConnection] | None:
        """A host and the connection to it: to this one, or to any, each in its turn. None if there is none."""
        if host is not None:
            return (host, self._open[host]) if host in self._open else None
        if not self._open:
            return None
        self._turn = (self._turn + 1) % len(self._open)
        return list(self._open.items())[self._turn]

    async def there(self) -> None:
        """Waits until there is one."""
        await self._any.wait()

    async def keep(self) -> None:
        """Makes connections where there are none, and ends those to nodes that are gone, until it is cancelled.

        It looks again every RECONNECT_SECONDS, which costs a process some 20 µs."""
        while True:
            wanted = set(self._hosts())
            for host, connection in list(self._open.items()):
                if connection.lost or host not in wanted:
                    connection.close()
                    del self._open[host]
            if not self._open:
                self._any.clear()
            for host in wanted - self._open.keys() - self._opening.keys():
                task = self._opening[host] = asyncio.create_task(self._connect(host))
                task.add_done_callback(lambda _, host=host: self._opening.pop(host, None))
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect(self, host: Any) -> None:
        endpoint, provider = host.endpoint, self._cluster.auth_provider
        authenticator = provider.new_authenticator(endpoint.address) if provider else None
        with suppress(*UNREACHED):  # the driver says what it can't reach, and until it can, it is asked
            self._open[host] = await connect(endpoint.address, endpoint.port, self._cluster.ssl_context, authenticator)
            self._any.set()

    async def close(self) -> None:
        """Ends all connections."""
        opening = list(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        for connection in self._open.values():
            connection.close()
        self._open.clear()


@asynccontextmanager
async def kept_connections(session: Session) -> AsyncGenerator[Connections]:
    """Connections to the nodes that a session knows of, kept for the block. They come about behind its beginning."""
    connections = Connections(session, lambda: nodes_here(session))
    keeping = asyncio.create_task(connections.keep())
    try:
        yield connections
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        await connections.close()


def nodes_here(session: Session) -> list[Any]:
    """The nodes of our datacenter that the driver doesn't say are down."""
    cluster: Any = session.cluster
    return [host for host in cluster.metadata.all_hosts() if host.is_up is not False and is_here(session, host)]
