"""Connects to a Cassandra that may be away: waits for it, for as long as that takes, and says so."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from cassandra.cluster import Session

from events.reachability import REFUSES, RETRY_SECONDS
from events.settings import Settings
from projections.partitions import NotWrittenDown
from projections.store.cassandra import CassandraStore, connect, disconnect, opened
from projections.store.direct.connections import Connections, kept_connections
from projections.store.nodes import database
from projections.store.protocol import LoginRefused, StoreUnavailable

T = TypeVar("T")
PROBE_SECONDS = 2.0
OPTIONS, SUPPORTED = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0]), 0x06  # a whole frame of the native protocol, and its answer
# A role that is refused may be about to be created: `darkroom up` does that once Cassandra answers. Cassandra doesn't
# say whether it has no such role or another password for it, so after a while this is taken for the latter.
REFUSED_SECONDS = 60.0


async def connect_patiently(settings: Settings, user: str, password: str) -> Session:
    """A session as one of Darkroom's roles, for as long as it takes to get one; what it waits for is in the log.

    Can be cancelled at any moment. Raises LoginRefused once the role has been refused for `REFUSED_SECONDS`."""
    cassandra = database(settings)
    refused_since: float | None = None
    while True:
        try:
            session = await in_daemon_thread(lambda: _attempt(settings, user, password))
        except LoginRefused as error:
            cassandra.failed(str(error), REFUSES)
            refused_since = refused_since or time.monotonic()
            if time.monotonic() - refused_since >= REFUSED_SECONDS:
                raise
        except StoreUnavailable as error:
            cassandra.failed(str(error))
            refused_since = None
        else:
            cassandra.answered()
            return session
        await asyncio.sleep(RETRY_SECONDS)


@asynccontextmanager
async def connected_patiently(settings: Settings, user: str, password: str) -> AsyncGenerator[CassandraStore]:
    """A store as one of Darkroom's roles, for the block. Waits and raises as `connect_patiently` does."""
    session = await connect_patiently(settings, user, password)
    try:
        async with kept_connections(session) as direct:
            yield await opened_patiently(session, settings, direct)
    finally:
        await asyncio.to_thread(disconnect, session)


async def opened_patiently(session: Session, settings: Settings, direct: Connections | None = None) -> CassandraStore:
    """The store of the settings' keyspace, once its tables are there and say how the log is divided."""
    return await database(settings).until(
        lambda: opened(session, settings.keyspace, direct), StoreUnavailable, NotWrittenDown
    )


def _attempt(settings: Settings, user: str, password: str) -> Session:
    """Asks first whether anything there speaks CQL: against a node that is cut off or frozen the driver's connect takes
    many times as long, and an exit of the process waits for it."""
    failures = [failure for host in settings.contact_points if (failure := probe(host, settings.cassandra_port))]
    if len(failures) == len(settings.contact_points):
        raise StoreUnavailable("; ".join(failures))
    return connect(settings, user, password)


def probe(host: str, port: int) -> str:
    """Asks a node which options it supports, without a login; returns why that failed, or nothing."""
    try:
        with socket.create_connection((host, port), timeout=PROBE_SECONDS) as connection:
            connection.sendall(OPTIONS)
            header = connection.recv(len(OPTIONS))
            return "" if len(header) > 4 and header[4] == SUPPORTED else "what listens there isn't Cassandra"
    except OSError as error:
        return f"{type(error).__name__}: {error}"


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """Calls `work` in a thread that neither a cancellation nor the end of the process waits for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def finish(result: T | None, error: Exception | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, result, failure)

    threading.Thread(target=run, daemon=True, name="connect").start()
    return await done
