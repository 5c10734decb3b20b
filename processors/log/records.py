"""Reads the log outside consumer groups: single records by their offsets, and what stands before a place in it."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from events.settings import Settings
from events.topics import RECORD_BYTES

FETCH_MS = 10_000

Records = Mapping[int, ConsumerRecord[Any, Any]]  # by offset


class OutsideTheLog(RuntimeError):
    """A partition would start (or go on) where the log has no record, or another one: data was lost.

    The worker must not run."""


@dataclass(frozen=True, slots=True)
class Past:
    """What stands in a partition before an offset.

    - `records`: those that were asked for, unless the log holds them no more
    - `first`, `end`: the first offset that the log holds, and the offset after its last
    - `begin`: the first offset of the stretch that was asked for
    """

    records: Records
    first: int
    end: int
    begin: int


class RecordReader(Protocol):
    """Reads records of one partition by their offsets."""

    async def __call__(self, topic: str, partition: int, offsets: Collection[int]) -> Records:
        """Reads records; one that the log doesn't hold is left out.

        Raises KafkaError or TimeoutError if Kafka doesn't answer."""
        ...


class LogReader(RecordReader, Protocol):
    """Reads what stands before a place in the log, too. Everything raises KafkaError or TimeoutError."""

    async def past(self, topic: str, partition: int, start: int, offsets: Collection[int], stretch_ms: int) -> Past:
        """Reads the records at `offsets` and the one below `start`, and finds where the stretch begins that was
        appended within `stretch_ms` before that.

        Raises OutsideTheLog if the log ends before one of them."""
        ...

    async def since(self, topic: str, partition: int, at_ms: int, end: int) -> list[ConsumerRecord[Any, Any]]:
        """Reads the records below `end` from the first on that was appended at `at_ms` or later."""
        ...


class LogRecords:
    """See LogReader. Each call has a consumer of its own, outside any group."""

    def __init__(self, settings: Settings):
        self._settings = settings

    async def __call__(self, topic: str, partition: int, offsets: Collection[int]) -> Records:
        """See RecordReader."""
        tp = TopicPartition(topic, partition)
        async with self._reading(tp) as consumer:
            return await fetch_held(consumer, tp, offsets)

    async def past(self, topic: str, partition: int, start: int, offsets: Collection[int], stretch_ms: int) -> Past:
        """See LogReader."""
        tp = TopicPartition(topic, partition)
        async with self._reading(tp) as consumer:
            first, end = await bounds(consumer, tp)
            last = max(start - 1, *offsets)
            if last >= end:
                raise OutsideTheLog(
                    f"{topic}-{partition} was folded up to offset {last}, beyond the log's end: the log has offsets"
                    f" {first} to {end - 1}. Records were lost, or the read models are another log's."
                )
            wanted = {start - 1, *offsets}
            records = await fetch(consumer, tp, sorted(offset for offset in wanted if offset >= first))
            begin = first
            if start - 1 in records:
                begin = await first_since(consumer, tp, records[start - 1].timestamp - stretch_ms)
            return Past(records, first, end, min(begin, start))

    async def since(self, topic: str, partition: int, at_ms: int, end: int) -> list[ConsumerRecord[Any, Any]]:
        """See LogReader."""
        tp = TopicPartition(topic, partition)
        async with self._reading(tp) as consumer:
            begin = await first_since(consumer, tp, at_ms)
            records = await fetch_held(consumer, tp, range(begin, end))
            return [records[offset] for offset in sorted(records)]

    @asynccontextmanager
    async def _reading(self, tp: TopicPartition) -> AsyncGenerator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=2 * RECORD_BYTES,
        )
        await consumer.start()
        try:
            consumer.assign([tp])
            yield consumer
        finally:
            await consumer.stop()


async def bounds(consumer: AIOKafkaConsumer, tp: TopicPartition) -> tuple[int, int]:
    """The first offset that the log holds, and the offset after its last."""
    return (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]


async def first_since(consumer: AIOKafkaConsumer, tp: TopicPartition, at_ms: int) -> int:
    """The first offset of what was appended at `at_ms` (milliseconds) or later; the log's end if nothing was."""
    found = (await consumer.offsets_for_times({tp: max(at_ms, 0)}))[tp]
    return found.offset if found is not None else (await bounds(consumer, tp))[1]


async def fetch_held(consumer: AIOKafkaConsumer, tp: TopicPartition, offsets: Collection[int]) -> Records:
    """Fetches those of the offsets that the log holds."""
    first, end = await bounds(consumer, tp)
    return await fetch(consumer, tp, sorted(offset for offset in set(offsets) if first <= offset < end))


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
