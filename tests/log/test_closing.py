"""A publisher that is closed appends nothing any more, and says in the log when Kafka isn't there.

Seen to fail without `purge`: nobody is told what became of the records, which are still queued."""

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from events.delivery import DELIVERY_SECONDS
from events.settings import Settings
from ops.local_servers import free_block
from producers.publisher import CLOSING_SECONDS, NotPublished, Publisher
from tests.kit import memory_codec
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio


@pytest.fixture
def nowhere() -> Settings:
    """Settings with a Kafka that nobody is."""
    return Settings.model_validate({"kafka": f"127.0.0.1:{free_block('127.0.0.1')}"})


async def holds(condition: Callable[[], bool]) -> None:
    """Returns when a condition of another thread's holds."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - librdkafka's threads know of no event
            await asyncio.sleep(0.01)


async def test_what_is_queued_when_a_publisher_is_closed_is_taken_back(nowhere: Settings) -> None:
    publisher = Publisher(nowhere, memory_codec(), "test", PARTITIONING)
    sending = [asyncio.create_task(publisher.raw("deadletters", b"key", b"value", [])) for _ in range(3)]
    await holds(lambda: len(publisher._producer) == 3)
    began = time.monotonic()
    await publisher.close()
    assert time.monotonic() - began < DELIVERY_SECONDS / 2
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [NotPublished] * 3
    assert publisher._producer.flush(0.1) == 0  # no record, and what was still to be said of the connection
    with pytest.raises(NotPublished):
        await publisher.raw("deadletters", b"key", b"value", [])
    assert publisher._producer.flush(0.1) == 0  # no record, and what was still to be said of the connection


async def test_a_kafka_that_is_not_there_is_said_once(nowhere: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    publisher = Publisher(nowhere, memory_codec(), "test", PARTITIONING)
    try:
        await holds(lambda: bool(caplog.messages))
    finally:
        await publisher.close()
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"Kafka at {nowhere.bootstrap} can't be reached: ")


def test_a_publisher_is_closed_before_the_supervisor_kills_it() -> None:
    from ops.commands import serve
    from ops.supervisor.program import Program
    from producers.gateway.resources import FINISH_SECONDS

    grace = Program.__dataclass_fields__["grace"].default
    assert grace > serve.CLOSING_SECONDS + FINISH_SECONDS + 2 * CLOSING_SECONDS
