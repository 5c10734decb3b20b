"""Where an assignment starts: where the hook says, when it can say it, and nowhere that the log isn't."""

import asyncio
from collections.abc import Mapping

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from processors.handlers.batch import Partition
from processors.transport.consumer import OutsideTheLog
from tests.transport.live import Log, Seen, app_of, eventually, running

pytestmark = pytest.mark.anyio


def starting(offsets: Mapping[int, int]) -> object:
    """A hook that says these."""

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        return {each: offsets[each.partition] for each in partitions if each.partition in offsets}

    return start


async def test_each_partition_starts_where_the_hook_says_and_else_at_the_beginning(log: Log) -> None:
    log.append(400)
    seen = Seen()
    async with running(app_of(log, seen, starting({0: 0, 1: 30, 2: 100}))):
        await eventually(lambda: seen.records == 100 + 70 + 0 + 100)
    assert seen.offsets(1) == list(range(30, 100))
    assert seen.offsets(3) == list(range(100))


async def test_the_hook_is_asked_again_until_it_answers(log: Log) -> None:
    log.append(400)
    seen = Seen()
    asked = 0

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        nonlocal asked
        asked += 1
        assert not seen.batches
        if asked < 5:
            raise ConnectionError("the database is down")
        return dict.fromkeys(partitions, 50)

    app = app_of(log, seen, start)
    async with running(app):
        await eventually(lambda: asked > 1)
        assert not app.consuming
        await eventually(lambda: seen.records == 200)
    assert all(seen.offsets(partition) == list(range(50, 100)) for partition in range(4))


async def test_an_app_stops_while_the_hook_fails(log: Log) -> None:
    asked = 0

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        nonlocal asked
        asked += 1
        raise ConnectionError("the database is down")

    async with running(app_of(log, Seen(), start)):
        await eventually(lambda: asked > 2)


def test_beyond_the_end_of_the_log_is_refused(log: Log) -> None:
    log.append(400)

    async def body() -> BaseException | None:
        app = app_of(log, Seen(), starting({2: 101}))
        async with running(app):
            await eventually(lambda: app.crashed)
        return app.crash_reason

    reason = asyncio.run(body())
    assert isinstance(reason, OutsideTheLog)
    assert f"{log.topic}-2 would start at 101, beyond the log's end: the log has offsets 0 to 99" in str(reason)


def truncate(log: Log, partition: int, before: int) -> None:
    """Lose a partition's first records."""
    admin = AdminClient({"bootstrap.servers": log.settings.bootstrap})
    for future in admin.delete_records([TopicPartition(log.topic, partition, before)]).values():
        future.result()


@pytest.mark.parametrize("start", [0, 39])
def test_before_the_beginning_of_the_log_is_refused(log: Log, start: int) -> None:
    log.append(400)
    truncate(log, 1, 40)

    async def body() -> BaseException | None:
        app = app_of(log, Seen(), starting({1: start}))
        async with running(app):
            await eventually(lambda: app.crashed)
        return app.crash_reason

    reason = asyncio.run(body())
    assert isinstance(reason, OutsideTheLog)
    assert f"{log.topic}-1 would start at {start}, before the log's beginning" in str(reason)
