"""Searching the log: records are found where they first stand, by their ids, and an unreadable log is no empty one."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from events.generated import PhotoLiked
from events.settings import Settings
from ops.local_servers import free_block
from producers.log_search import KafkaLogSearch
from producers.publisher import EncodedRecord, NotPublished, Publisher
from tests.kit import memory_codec
from tests.partitions import PARTITIONING, partition_of

pytestmark = pytest.mark.anyio

NONE = timedelta(0)


def liked(by: UUID) -> PhotoLiked:
    """A new fact."""
    now = datetime.now(UTC)
    return PhotoLiked(event_id=uuid4(), occurred_at=now, actor_id=by, photo_id=uuid4(), liker_id=by)


@dataclass
class Log:
    """A log to append to and to search."""

    publisher: Publisher
    settings: Settings

    async def record(self, by: UUID) -> EncodedRecord:
        """A new fact of somebody's, as a record."""
        (record,) = await self.publisher.records([liked(by)])
        return record


@pytest.fixture
async def log(darkroom: Settings) -> AsyncGenerator[Log]:
    """The servers' log."""
    publisher = Publisher(darkroom, memory_codec(), "test", PARTITIONING)
    yield Log(publisher, darkroom)
    await publisher.close()


async def test_records_are_found_where_they_first_stand_and_what_is_not_there_is_not(log: Log) -> None:
    ada, bob = uuid4(), uuid4()
    records = [await log.record(who) for who in (ada, bob, ada, bob)]
    began = datetime.now(UTC)
    first = await log.publisher.append(records[:2])
    await log.publisher.append([await log.record(who) for who in (ada, bob) for _ in range(50)])
    await log.publisher.append(records[:2])  # copies
    third = await log.publisher.append(records[2:3])
    search = KafkaLogSearch(log.settings, PARTITIONING)
    assert await search.find(records, began) == [*first, *third, None]
    for record, position in zip(records, first, strict=False):
        assert await search.find([record], began) == [position]
        assert await search.end(position.topic, position.partition) > position.offset


async def test_a_search_begins_at_the_time_that_it_is_given_less_what_clocks_may_differ(log: Log) -> None:
    ada = uuid4()
    record = await log.record(ada)
    (position,) = await log.publisher.append([record])
    later = datetime.now(UTC) + timedelta(minutes=30)
    assert await KafkaLogSearch(log.settings, PARTITIONING).find([record], later) == [position]
    assert await KafkaLogSearch(log.settings, PARTITIONING, leeway=NONE).find([record], later) == [None]
    assert position.partition == partition_of("reactions", ada)


async def test_a_log_that_cannot_be_read_to_its_end_in_time_is_unavailable(log: Log) -> None:
    record = await log.record(uuid4())
    with pytest.raises(NotPublished):
        await KafkaLogSearch(log.settings, PARTITIONING, seconds=0.0).find([record], datetime.now(UTC))
    elsewhere = log.settings.model_copy(update={"bootstrap": f"127.0.0.1:{free_block('127.0.0.1')}"})
    with pytest.raises(NotPublished):
        await KafkaLogSearch(elsewhere, PARTITIONING).find([record], datetime.now(UTC))
    with pytest.raises(NotPublished):
        await KafkaLogSearch(elsewhere, PARTITIONING).end("reactions", 0)


async def test_many_searches_at_once_all_find_what_they_look_for(log: Log) -> None:
    began = datetime.now(UTC)
    records = [await log.record(uuid4()) for _ in range(6)]
    positions = await log.publisher.append(records)
    search = KafkaLogSearch(log.settings, PARTITIONING)
    found = await asyncio.gather(*(search.find([record], began) for record in records))
    assert found == [[position] for position in positions]
