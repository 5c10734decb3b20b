"""A connection to a Valkey or Redis, over the package `redis`."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, ResponseError

from api.cache.fleet import Command


class RedisConnection:
    """See Connection. The package would connect again by itself, to a server that may be another one: this doesn't."""

    def __init__(self, connection: AbstractConnection):
        self._connection, self._usable = connection, True

    async def transact(self, commands: Sequence[Command]) -> list[Any]:
        """See Connection."""
        if not self._usable or not self._connection.is_connected:
            raise ConnectionError("the connection is closed")
        self._usable = False  # until all answers are read: who is interrupted leaves some behind
        packed = self._connection.pack_commands([(b"MULTI",), *commands, (b"EXEC",)])
        await self._connection.send_packed_command(packed, check_health=False)
        refusals: list[Exception] = []
        for _ in range(len(commands) + 1):
            try:
                await self._connection.read_response()
            except ResponseError as error:
                refusals.append(error)
        if refusals:
            raise refusals[0]
        results: Any = await self._connection.read_response()
        if failures := [result for result in results if isinstance(result, Exception)]:
            raise failures[0]
        self._usable = True
        return results

    async def close(self) -> None:
        """See Connection."""
        self._usable = False
        with suppress(Exception):
            await self._connection.disconnect(nowait=True)


def dialer(url: str) -> Callable[[], Awaitable[RedisConnection]]:
    """A function that makes a new connection to the server at `redis://…`, `rediss://…` or `unix://…`.

    Raises ValueError for another URL; the function raises what the package raises, and OSError."""
    pool = ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), protocol=2, driver_info=None)

    async def dial() -> RedisConnection:
        connection = pool.make_connection()
        await connection.connect()
        return RedisConnection(connection)

    return dial


def place_of(url: str) -> str:
    """Where the server is, without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
