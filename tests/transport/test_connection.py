"""Connections to brokers: each kind of request has its own timeout, and the kernel is told to notice a cut."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator

import pytest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest

from processors.transport import connection
from processors.transport.connection import PromptConnection

pytestmark = pytest.mark.anyio
VERSIONS = {JoinGroupRequest.API_KEY: (0, 5), HeartbeatRequest.API_KEY: (0, 1)}


@pytest.fixture
async def silent(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[PromptConnection]:
    """A connection to a broker that takes everything and answers nothing."""

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        writer.close()

    async def known(self: PromptConnection) -> None:
        self._versions = VERSIONS

    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(PromptConnection, "_do_version_lookup", known)
    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
        made = PromptConnection(*server.sockets[0].getsockname(), request_timeout_ms=1000)
        await made.connect()
        yield made
        closed = made.close()
        assert closed is not None
        await closed


async def test_a_request_is_given_up_soon_but_a_join_only_after_a_rebalance(silent: PromptConnection) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await silent.send(JoinGroupRequest("group", 1, 1, "", "", "consumer", []))
    assert time.monotonic() - began >= 1.0
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await silent.send(HeartbeatRequest("group", 1, "member"))
    assert time.monotonic() - began < 1.0


async def test_the_kernel_notices_a_cut(silent: PromptConnection) -> None:
    writer = silent._writer
    assert writer is not None
    made: socket.socket = writer.get_extra_info("socket")
    assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000


async def test_a_connection_that_does_not_come_about_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await PromptConnection(*full.getsockname(), request_timeout_ms=40_000).connect()
        assert time.monotonic() - began < 5
