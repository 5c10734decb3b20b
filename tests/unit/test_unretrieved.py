"""What fails when nobody waits for it any more leaves no "exception was never retrieved" in the log."""

import asyncio
import gc
import logging
import threading
from typing import Any

import pytest
from cassandra import OperationTimedOut
from confluent_kafka import KafkaError

from events.positions import Position
from events.settings import Settings
from producers.publisher import NotPublished, Publisher, resolve
from projections.store.cassandra import CassandraStore
from projections.store.connecting import in_daemon_thread
from projections.store.memory import MemoryStore
from tests.kit import memory_codec
from tests.partitions import PARTITIONING
from tests.unit.test_said_of_servers import Session
from web.read_your_writes import ProjectionWaiter

pytestmark = pytest.mark.anyio


@pytest.fixture
async def unretrieved() -> list[str]:
    """What the loop's exception handler is told."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    return told


async def collected(unretrieved: list[str]) -> list[str]:
    """What was never retrieved, once the garbage has been collected."""
    gc.collect()
    await asyncio.sleep(0)
    return unretrieved


async def test_of_a_statement_that_could_not_be_prepared(unretrieved: list[str]) -> None:
    """Seen to fail without the task's done-callback."""
    session: Any = Session()
    preparing, fail = threading.Event(), threading.Event()

    def prepare(_: str) -> None:
        preparing.set()
        fail.wait()
        raise OperationTimedOut("no host answered")

    session.prepare = prepare
    store = CassandraStore(session, "darkroom")
    asked = asyncio.create_task(store.execute("SELECT 1"))
    await asyncio.to_thread(preparing.wait)
    asked.cancel()
    await asyncio.wait([asked])
    (task,) = store._preparing.values()
    fail.set()
    await asyncio.wait([task])
    del asked, task
    assert await collected(unretrieved) == []


async def test_of_a_record_that_was_not_acknowledged(unretrieved: list[str]) -> None:
    """Seen to fail without the future's done-callback."""
    publisher = Publisher(Settings.model_validate({"kafka": "127.0.0.1:1"}), memory_codec(), "test", PARTITIONING)
    answer = await publisher._append("photos", b"key", b"value", [], None)
    resolve(answer, "photos", KafkaError(KafkaError._MSG_TIMED_OUT), None)  # type: ignore[arg-type]
    del answer
    publisher._producer.purge()
    await publisher.close()
    assert await collected(unretrieved) == []


async def test_of_the_second_of_two_positions(unretrieved: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """A guard: on this interpreter the case could not be made to fail without `_forget` retrieving it."""
    caplog.set_level(logging.CRITICAL, "darkroom.read_your_writes")  # a record would keep the future alive

    class Broken(MemoryStore):
        async def slice(self, *_: Any, **__: Any) -> list[Any]:
            raise ValueError("a bug")

    waiter = ProjectionWaiter(Broken())
    with pytest.raises(ValueError, match="a bug"):
        await waiter.passed([Position("photos", 0, 1), Position("photos", 1, 1)])
    await waiter.close()
    assert await collected(unretrieved) == []


async def test_what_a_daemon_thread_raises_arrives() -> None:
    def fail() -> None:
        raise NotPublished("no")

    with pytest.raises(NotPublished):
        await in_daemon_thread(fail)
