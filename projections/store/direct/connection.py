"""One connection to one node, in the event loop."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from cassandra.auth import Authenticator

from events.keepalive import SOCKET_OPTIONS
from projections.store.connection import CONNECT_SECONDS, REQUEST_SECONDS, SYN_SECONDS
from projections.store.direct.frames import (
    AUTH_RESPONSE,
    AUTH_SUCCESS,
    AUTHENTICATE,
    ERROR,
    EXECUTE,
    HEADER,
    READ_TIMEOUT,
    READY,
    RESULT,
    STARTUP,
    STREAMS,
    VERSION_OF_RESPONSE,
    auth_response,
    error_of,
    frame,
    rows_begin,
    startup,
    uint16_at,
)
from projections.store.direct.read import Read
from projections.store.protocol import StoreUnavailable

IN_FLIGHT = 128  # requests at a time; what is beyond them is the driver's
SWEEP_SECONDS = 1.0  # between two looks for requests that nobody answers


class AskTheDriver(Exception):
    """The read didn't go well, for a reason that the driver may know what to do about."""


class DirectConnection(asyncio.Protocol):
    """Sends requests, and hands each its response. All in one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._stream = 0
        self._rest = bytearray()  # the beginning of a frame whose end hasn't come yet
        # By stream, in the order of sending. What was given up stays until its answer comes, as its stream does.
        self._waiting: dict[int, tuple[float, asyncio.Future[Any], Read | None]] = {}
        self._heard = self._loop.time()
        self._sweeping: asyncio.TimerHandle | None = None
        self.lost = False

    @property
    def busy(self) -> bool:
        """Whether it takes no more requests now."""
        return len(self._waiting) >= IN_FLIGHT

    async def rows(self, read: Read, values: Sequence[Any]) -> list[Any]:
        """The rows of a read. Raises AskTheDriver; StoreUnavailable if there was no answer in time."""
        if self.lost or self.busy:
            raise AskTheDriver
        return await self._ask(EXECUTE, read.request(values), read)

    async def log_in(self, authenticator: Authenticator | None) -> None:
        """Makes a new connection ready. Raises AskTheDriver if the node doesn't let it in."""
        opcode, body = await self._ask(STARTUP, startup())
        if opcode == AUTHENTICATE and authenticator is not None:
            who: Any = authenticator
            who.server_authenticator_class = body[2 : 2 + uint16_at(body)[0]].decode()
            opcode, body = await self._ask(AUTH_RESPONSE, auth_response(who.initial_response()))
        if opcode not in (READY, AUTH_SUCCESS):
            raise AskTheDriver(f"the node answered the login with {opcode}")

    def close(self) -> None:
        """Ends it, and with it what it waits for. Nothing is said to the node, which needn't be there."""
        if self._transport is not None:
            self._transport.abort()

    def _ask(self, opcode: int, body: bytes, read: Read | None = None) -> asyncio.Future[Any]:
        stream = self._stream
        while (stream := (stream + 1) % STREAMS) in self._waiting:
            pass
        self._stream = stream
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting[stream] = (self._loop.time(), answer, read)
        self._transport.write(frame(stream, opcode, body))
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        return answer

    def _sweep(self) -> None:
        """Fails what is unanswered for too long. A node that says nothing at all meanwhile hangs, or is gone."""
        self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep) if self._waiting else None
        long_ago = self._loop.time() - REQUEST_SECONDS
        for sent, answer, _ in self._waiting.values():
            if sent > long_ago:
                return
            if not answer.done():
                answer.set_exception(StoreUnavailable(f"the node hasn't answered for {REQUEST_SECONDS:.0f} s"))
            if self._heard < long_ago:
                self.close()
                return

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        for option in SOCKET_OPTIONS:
            self._transport.get_extra_info("socket").setsockopt(*option)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.lost = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        waiting, self._waiting = self._waiting, {}
        for _, answer, _ in waiting.values():
            if not answer.done():
                answer.set_exception(AskTheDriver(f"the connection was lost: {exc}"))

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._heard = self._loop.time()
        if self._rest:
            self._rest += data
            if len(self._rest) < HEADER.size or len(self._rest) < HEADER.size + HEADER.unpack_from(self._rest)[4]:
                return
            data = bytes(self._rest)
            self._rest.clear()
        at = 0
        while len(data) - at >= HEADER.size:
            version, flags, stream, opcode, length = HEADER.unpack_from(data, at)
            end = at + HEADER.size + length
            if end > len(data):
                break
            if version != VERSION_OF_RESPONSE:  # not ours to understand: an older server, or none at all
                self.close()
                return
            self._receive(stream, flags, opcode, data[at + HEADER.size : end])
            at = end
        self._rest += data[at:]

    def _receive(self, stream: int, flags: int, opcode: int, body: bytes) -> None:
        _, answer, read = self._waiting.pop(stream, (0.0, None, None))
        if answer is None or answer.done():
            return
        try:
            if read is None:
                answer.set_result((opcode, body))
            elif opcode == RESULT and (begin := rows_begin(flags, body, read.columns)) >= 0:
                answer.set_result(read.rows(body[begin:]))
            else:
                answer.set_exception(failure(opcode, body))
        except Exception as error:
            answer.set_exception(AskTheDriver(f"{type(error).__name__} in a response"))


def failure(opcode: int, body: bytes) -> Exception:
    """What a response means that isn't rows. A read that took the server its whole time isn't asked once more."""
    if opcode == ERROR:
        code, error = error_of(body)
        return error if code == READ_TIMEOUT else AskTheDriver(str(error))
    return AskTheDriver(f"a response of kind {opcode}")


async def connect(address: str, port: int, ssl: Any, authenticator: Authenticator | None) -> DirectConnection:
    """A connection that is ready. Raises OSError, TimeoutError or AskTheDriver."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(SYN_SECONDS):
        _, made = await loop.create_connection(DirectConnection, address, port, ssl=ssl)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await made.log_in(authenticator)
    except BaseException:
        made.close()
        raise
    return made
