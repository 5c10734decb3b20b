"""Reads single records from the log, by their offsets."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from events.settings import Settings
from events.topics import RECORD_BYTES

FETCH_MS = 10_000


class RecordReader(Protocol):
    """Reads records of one partition by their offsets."""

    async def __call__(
        self, topic: str, partition: int, offsets: Collection[int]
    ) -> Mapping[int, ConsumerRecord[Any, Any]]:
        """Reads records; one that the log doesn't hold is left out.

        Raises KafkaError or TimeoutError if Kafka doesn't answer."""
        ...


class LogRecords:
    """See RecordReader. Each call has a consumer of its own, outside any group."""

    def __init__(self, settings: Settings):
        self._settings = settings

    async def __call__(
        self, topic: str, partition: int, offsets: Collection[int]
    ) -> Mapping[int, ConsumerRecord[Any, Any]]:
        """See RecordReader."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=2 * RECORD_BYTES,
        )
        tp = TopicPartition(topic, partition)
        await consumer.start()
        try:
            consumer.assign([tp])
            first = (await consumer.beginning_offsets([tp]))[tp]
            end = (await consumer.end_offsets([tp]))[tp]
            return await fetch(consumer, tp, sorted(offset for offset in set(offsets) if first <= offset < end))
        finally:
            await consumer.stop()


async def fetch(
    consumer: AIOKafkaConsumer, tp: TopicPartition, wanted: list[int]
) -> dict[int, ConsumerRecord[Any, Any]]:
    """Fetches the wanted records (rising offsets, within the log); those near each other come in one fetch."""
    found: dict[int, ConsumerRecord[Any, Any]] = {}
    while wanted:
        consumer.seek(tp, wanted[0])
        try:
            records = (await consumer.getmany(tp, timeout_ms=FETCH_MS)).get(tp, [])
        except OffsetOutOfRangeError:  # removed from the log since its bounds were asked for
            wanted = wanted[1:]
            continue
        if not records:
            raise TimeoutError(f"{tp.topic}-{tp.partition}@{wanted[0]} didn't arrive in {FETCH_MS / 1000:.0f} s")
        passed = records[-1].offset
        these = {offset for offset in wanted if offset <= passed}
        found |= {record.offset: record for record in records if record.offset in these}
        wanted = [offset for offset in wanted if offset > passed]
    return found
