"""A connection of the loop's own, against bytes by hand: what is received, and what is left to the driver."""

import asyncio
import struct
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from cassandra import ReadTimeout, cqltypes

from projections.store.direct import connection as module
from projections.store.direct.connection import IN_FLIGHT, AskTheDriver, DirectConnection
from projections.store.direct.frames import ERROR, HEADER, READ_TIMEOUT, RESULT, WARNING, short
from projections.store.direct.read import Read
from projections.store.protocol import StoreUnavailable
from tests.store.tables import KEYED

pytestmark = pytest.mark.anyio

OTHER_ERROR = 0x1001  # overloaded


def keyed_read() -> Read:
    """A read of KEYED by its key, as Cassandra describes it."""
    told = [("ks", "t", "owner", cqltypes.UUIDType), ("ks", "t", "value", cqltypes.LongType)]
    asked = [SimpleNamespace(type=cqltypes.UUIDType)]
    statement: Any = SimpleNamespace(query_id=b"id", column_metadata=asked, result_metadata=told)
    return Read(statement, KEYED)


def cell(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def rows(*values: tuple[UUID, int]) -> bytes:
    """A response's body of rows without metadata."""
    cells = b"".join(cell(owner.bytes) + cell(number.to_bytes(8, "big")) for owner, number in values)
    return struct.pack(">iiii", 2, 5, 2, len(values)) + cells


def error(code: int) -> bytes:
    """A response's body of an error; a read's timeout has numbers behind its text."""
    timeout = struct.pack(">Hii?", 6, 2, 1, False) if code == READ_TIMEOUT else b""
    return struct.pack(">i", code) + short(b"so it is") + timeout


class Node:
    """The other end of a connection: what was sent to it, and responses from it."""

    def __init__(self) -> None:
        self.streams: list[int] = []
        self.aborted = False
        self.connection = DirectConnection()
        self.connection.connection_made(self)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    def write(self, data: bytes) -> None:
        self.streams.append(HEADER.unpack_from(data)[2])

    def get_extra_info(self, _: str) -> Any:
        return SimpleNamespace(setsockopt=lambda *_: None)

    def abort(self) -> None:
        if not self.aborted:
            self.aborted = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    def ask(self) -> "asyncio.Task[list[Any]]":
        return asyncio.create_task(self.connection.rows(keyed_read(), (uuid4(),)))

    async def asked(self, count: int) -> "list[asyncio.Task[list[Any]]]":
        tasks = [self.ask() for _ in range(count)]
        await asyncio.sleep(0)
        assert len(self.streams) == count
        return tasks

    def answer(self, stream: int, body: bytes, *, opcode: int = RESULT, flags: int = 0, version: int = 0x84) -> bytes:
        return HEADER.pack(version, flags, stream, opcode, len(body)) + body


async def fails(answer: Awaitable[Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await answer


async def test_rows_come_whole_however_their_bytes_are_cut_and_in_whichever_order() -> None:
    people = [uuid4() for _ in range(4)]
    for size in (1, 2, 7, 8, 9, 10, 33, 1000):
        node = Node()
        tasks = await node.asked(4)
        bytes_of = b"".join(node.answer(node.streams[i], rows((people[i], i), (people[0], 7))) for i in (2, 0, 3, 1))
        for at in range(0, len(bytes_of), size):
            node.connection.data_received(bytes_of[at : at + size])
        for i, task in enumerate(tasks):
            assert await task == [KEYED.row(people[i], i), KEYED.row(people[0], 7)]


async def test_an_id_from_bytes_is_like_any_other() -> None:
    node, person = Node(), uuid4()
    (task,) = await node.asked(1)
    node.connection.data_received(node.answer(node.streams[0], rows((person, 1))))
    (found,) = await task
    assert (found.owner, hash(found.owner), str(found.owner)) == (person, hash(person), str(person))
    assert found.owner.is_safe is person.is_safe


async def test_a_response_with_warnings_has_its_rows_behind_them() -> None:
    node, person = Node(), uuid4()
    (task,) = await node.asked(1)
    warnings = struct.pack(">H", 2) + short(b"many tombstones") + short("zu viele Schlüssel".encode())
    node.connection.data_received(node.answer(node.streams[0], warnings + rows((person, 1)), flags=WARNING))
    assert await task == [KEYED.row(person, 1)]


@pytest.mark.parametrize(
    ("opcode", "flags", "body"),
    [
        (ERROR, 0, error(OTHER_ERROR)),
        (RESULT, 2, rows()),  # a flag that was never asked for
        (RESULT, 0, struct.pack(">iiii", 2, 1, 2, 0)),  # with metadata
        (RESULT, 0, struct.pack(">iiii", 2, 5, 3, 0)),  # of another number of columns
        (RESULT, 0, struct.pack(">i", 1)),
        (RESULT, 0, struct.pack(">iiii", 2, 5, 2, 1)),  # cut short
        (12, 0, b""),
    ],
)
async def test_what_is_not_rows_as_they_were_asked_for_is_left_to_the_driver(
    opcode: int, flags: int, body: bytes
) -> None:
    node = Node()
    (task,) = await node.asked(1)
    node.connection.data_received(node.answer(node.streams[0], body, opcode=opcode, flags=flags))
    await fails(task, AskTheDriver)
    assert not node.aborted


async def test_a_read_that_took_the_server_all_its_time_is_not_asked_again() -> None:
    node = Node()
    (task,) = await node.asked(1)
    node.connection.data_received(node.answer(node.streams[0], error(READ_TIMEOUT), opcode=ERROR))
    await fails(task, ReadTimeout)


async def test_what_waits_for_a_connection_that_is_lost_is_left_to_the_driver_and_so_is_all_that_follows() -> None:
    node = Node()
    tasks = await node.asked(2)
    node.connection.connection_lost(ConnectionResetError())
    for task in (*tasks, node.ask()):
        await fails(task, AskTheDriver)


async def test_another_versions_bytes_end_the_connection() -> None:
    node = Node()
    (task,) = await node.asked(1)
    node.connection.data_received(node.answer(node.streams[0], rows(), version=0x83))
    await fails(task, AskTheDriver)
    assert node.aborted


async def test_a_request_that_was_given_up_keeps_its_stream_until_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen to fail where a cancelled request left its stream: the next one took its answer for its own."""
    monkeypatch.setattr(module, "STREAMS", 2)
    node, person = Node(), uuid4()
    (given_up,) = await node.asked(1)
    given_up.cancel()
    await asyncio.sleep(0)
    for number in range(3):
        task = node.ask()
        await asyncio.sleep(0)
        assert node.streams[-1] != node.streams[0]
        node.connection.data_received(node.answer(node.streams[-1], rows((person, number))))
        assert await task == [KEYED.row(person, number)]
    node.connection.data_received(node.answer(node.streams[0], rows((uuid4(), 666))))
    tasks = [node.ask(), node.ask()]
    await asyncio.sleep(0)
    assert set(node.streams[-2:]) == {0, 1}
    node.connection.connection_lost(None)
    for task in tasks:
        await fails(task, AskTheDriver)


async def test_what_is_too_much_at_a_time_is_left_to_the_driver() -> None:
    node = Node()
    tasks = await node.asked(IN_FLIGHT)
    await fails(node.ask(), AskTheDriver)
    assert not any(task.done() for task in tasks)
    node.connection.connection_lost(None)
    for task in tasks:
        await fails(task, AskTheDriver)


async def test_a_node_that_says_nothing_is_given_up_and_one_that_is_slow_with_one_request_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.2)
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.02)
    silent, slow = Node(), Node()
    (unanswered,), (late,) = await silent.asked(1), await slow.asked(1)
    while not (unanswered.done() and late.done()):
        slow.connection.data_received(b"")  # as if others had been answered
        await asyncio.sleep(0.01)
    for task in (unanswered, late):
        await fails(task, StoreUnavailable)
    await asyncio.sleep(0.05)
    assert silent.aborted
    assert not slow.aborted
    slow.connection.connection_lost(None)
