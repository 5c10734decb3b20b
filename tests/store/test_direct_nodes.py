"""Which nodes have a connection of the loop's own, and what becomes of a read when it can't go over one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from cassandra import ProtocolVersion, ReadTimeout, cqltypes
from cassandra.auth import PlainTextAuthProvider
from cassandra.query import PreparedStatement

from projections.store.cassandra import CassandraStore
from projections.store.direct.connection import AskTheDriver
from projections.store.direct.connections import Connections
from projections.store.direct.frames import AUTH_RESPONSE, AUTH_SUCCESS, AUTHENTICATE, ERROR, HEADER, STARTUP, short
from projections.store.direct.read import Read
from projections.store.protocol import StoreUnavailable
from tests.store.tables import KEYED

pytestmark = pytest.mark.anyio

PATIENCE = 10.0


class Node:
    """A server that lets in whoever has the password."""

    def __init__(self) -> None:
        self.open: list[asyncio.StreamWriter] = []
        self.attempts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.attempts += 1
        self.open.append(writer)
        try:
            while True:
                _, _, stream, opcode, length = HEADER.unpack(await reader.readexactly(HEADER.size))
                body = await reader.readexactly(length)
                if opcode == STARTUP:
                    opcode, answer = AUTHENTICATE, short(b"PasswordAuthenticator")
                elif opcode == AUTH_RESPONSE and body[4:] == b"\0api\0secret":
                    opcode, answer = AUTH_SUCCESS, b"\xff\xff\xff\xff"
                else:
                    opcode, answer = ERROR, (0x0100).to_bytes(4, "big") + short(b"bad credentials")
                writer.write(HEADER.pack(0x84, 0, stream, opcode, len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.remove(writer)
            writer.close()


@asynccontextmanager
async def node_and_connections(password: str, hosts: list[Any]) -> AsyncGenerator[tuple[Node, Connections, Any]]:
    """A node, which is the only host, and the connections to it, which are kept for the block."""
    node = Node()
    server = await asyncio.start_server(node.serve, "127.0.0.1", 0)
    address, port = server.sockets[0].getsockname()
    hosts.append(host := Host(SimpleNamespace(address=address, port=port)))
    cluster = SimpleNamespace(auth_provider=PlainTextAuthProvider("api", password), ssl_context=None)
    session: Any = SimpleNamespace(cluster=cluster)
    connections = Connections(session, lambda: hosts)
    keeping = asyncio.create_task(connections.keep())
    try:
        yield node, connections, host
    finally:
        keeping.cancel()
        await connections.close()
        server.close()
        await until(lambda: not node.open)


class Host:
    """The driver's Host, which is one of its kind."""

    def __init__(self, endpoint: Any = None) -> None:
        self.endpoint = endpoint


async def until(true: Any) -> None:
    """Waits for it."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


async def test_a_connection_that_is_lost_is_made_again_and_one_to_a_node_that_is_down_is_ended() -> None:
    hosts: list[Any] = []
    async with node_and_connections("secret", hosts) as (node, connections, host):
        assert connections.to() is None
        await until(lambda: connections.to(host))
        assert connections.to() == connections.to(host)
        assert connections.to(Host()) is None
        first = connections.to(host)
        node.open[0].transport.abort()
        await until(lambda: connections.to(host) not in (None, first))
        hosts.clear()
        await until(lambda: connections.to() is None and not node.open)
        assert node.attempts == 2


async def test_a_node_that_does_not_let_us_in_is_asked_again_later() -> None:
    async with node_and_connections("wrong", []) as (node, connections, _):
        await until(lambda: node.attempts == 2)
        assert connections.to() is None


async def test_each_node_has_its_turn() -> None:
    connections = Connections(SimpleNamespace(cluster=None), list)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    connections._open.update({Host(): each for each in "abc"})  # type: ignore[misc] # pyright: ignore[reportArgumentType, reportCallIssue]
    turns = [place[1] for _ in range(6) if (place := connections.to())]
    assert sorted(map(str, turns[:3])) == ["a", "b", "c"]
    assert turns[3:] == turns[:3]


class Driver:
    """The driver's session, and a connection to one host; each of the two tells what it was asked."""

    def __init__(self, direct: Exception | None) -> None:
        self.direct, self.host = direct, object()
        self.asked: list[Any] = []
        self.cluster = SimpleNamespace(
            metadata=SimpleNamespace(token_map=None, all_hosts=list),
            contact_points=("db",),
            port=9042,
            register_listener=lambda _: None,
        )

    def prepare(self, _: str) -> PreparedStatement:
        column = SimpleNamespace(type=cqltypes.UUIDType, keyspace_name="k", table_name="t", name="owner")
        told = [("k", "t", "owner", cqltypes.UUIDType), ("k", "t", "value", cqltypes.LongType)]
        return PreparedStatement([column], b"id", [0], "", "k", ProtocolVersion.V5, told, None)

    def execute_async(self, statement: Any, *, host: Any) -> Any:
        self.asked.append(("driver", host))
        answer = [(UUID(bytes=statement.values[0]), 1)]
        return SimpleNamespace(
            add_callbacks=lambda then, _, *, callback_args, errback_args: then(answer, *callback_args)
        )

    def to(self, _: Any) -> Any:
        return self.host, self

    async def rows(self, _: Read, values: Sequence[Any]) -> list[Any]:
        self.asked.append("direct")
        if self.direct is not None:
            raise self.direct
        return [KEYED.row(values[0], 1)]


async def test_a_read_goes_over_the_driver_only_if_it_does_not_go_well_otherwise() -> None:
    for failure, asked in ((None, ["direct"]), (AskTheDriver(), ["direct", "driver"])):
        driver: Any = Driver(failure)
        owner = uuid4()
        assert await CassandraStore(driver, "darkroom", direct=driver).get(KEYED, owner) == KEYED.row(owner, 1)
        # The same node: one that has forgotten a statement is told again.
        assert driver.asked == [each if each == "direct" else (each, driver.host) for each in asked]


@pytest.mark.parametrize("failure", [ReadTimeout("too slow"), StoreUnavailable("nobody answered")])
async def test_a_read_that_was_waited_for_long_enough_fails(failure: Exception) -> None:
    driver: Any = Driver(failure)
    with pytest.raises(StoreUnavailable):
        await CassandraStore(driver, "darkroom", direct=driver).get(KEYED, uuid4())
    assert driver.asked == ["direct"]
