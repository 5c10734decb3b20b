"""Looks for records in the log by their events' ids: whether what an earlier attempt appended is there."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from events.ids import event_id_of
from events.positions import Position
from events.settings import Settings
from events.topics import Partitioning
from producers.publisher import CONNECTION, EncodedRecord, NotPublished

SEARCH_SECONDS = 20.0  # for one search; below what may pass between a search and its append
ASK_SECONDS = 4.0  # for one question to a broker
AT_A_TIME = 2  # searches: each reads as fast as it can
BATCH = 10_000  # records
LEEWAY = timedelta(hours=1)  # by which the database's clock may be ahead of Kafka's
Partition = tuple[str, int]


class KafkaLogSearch:
    """See producers.writes.execute.LogSearch. Each search has a consumer of its own, outside any group."""

    def __init__(
        self,
        settings: Settings,
        partitioning: Partitioning,
        seconds: float = SEARCH_SECONDS,
        leeway: timedelta = LEEWAY,
    ):
        self._partitioning = partitioning
        self._options = CONNECTION | {
            "bootstrap.servers": settings.bootstrap,
            "group.id": "none",  # it must have a name; nothing joins or commits
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
            "queued.max.messages.kbytes": 16_384,
        }
        self._seconds, self._leeway = seconds, leeway
        self._turn = asyncio.Semaphore(AT_A_TIME)

    async def find(self, records: Sequence[EncodedRecord], since: datetime) -> list[Position | None]:
        """See producers.writes.execute.LogSearch."""
        wanted: dict[Partition, set[bytes]] = {}
        for record in records:
            identity = event_id_of(record.value)
            assert identity is not None, "a record that the codec made has no event id"
            wanted.setdefault(self._place(record), set()).add(identity)
        async with self._turn:
            found = await asyncio.to_thread(self._find, wanted, since - self._leeway)
        return [found.get((*self._place(record), event_id_of(record.value) or b"")) for record in records]

    def _place(self, record: EncodedRecord) -> Partition:
        """Returns the topic and the partition that a record belongs to."""
        return record.topic, self._partitioning.of(record.topic, record.key)

    async def end(self, topic: str, partition: int) -> int:
        """Returns a partition's next offset. Raises NotPublished if Kafka doesn't answer."""
        return await asyncio.to_thread(self._end, topic, partition)

    def _end(self, topic: str, partition: int) -> int:
        consumer = Consumer(self._options)
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), ASK_SECONDS)[1]
        except KafkaException as error:
            raise NotPublished(f"the log's end isn't known: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def _find(
        self, wanted: Mapping[Partition, set[bytes]], since: datetime
    ) -> dict[tuple[str, int, bytes], Position | None]:
        """Returns where each id first stands, by topic and partition; blocks."""
        consumer, until = Consumer(self._options), time.monotonic() + self._seconds
        try:
            starts = self._starts(consumer, wanted, since)
            found: dict[tuple[str, int, bytes], Position | None] = {}
            consumer.assign(starts)
            reading = {(start.topic, start.partition) for start in starts}
            while reading:
                if time.monotonic() > until:
                    raise NotPublished(f"the log couldn't be searched in {self._seconds:.0f} s")
                for message in consumer.consume(BATCH, 0.2):
                    place = (str(message.topic()), int(message.partition() or 0))
                    error = message.error()
                    if error is not None and error.code() == KafkaError._PARTITION_EOF:
                        reading.discard(place)
                    elif error is not None:
                        raise KafkaException(error)
                    elif (identity := event_id_of(message.value()) or b"") in wanted[place]:
                        found.setdefault((*place, identity), Position(*place, int(message.offset() or 0)))
            return found
        except KafkaException as error:
            raise NotPublished(f"the log couldn't be searched: {error.args[0].str()}") from error
        finally:
            consumer.close()

    @staticmethod
    def _starts(consumer: Consumer, wanted: Mapping[Partition, set[bytes]], since: datetime) -> list[TopicPartition]:
        """Returns each partition's first offset that was appended at a time or later: its end if there is none."""
        moment = int(since.timestamp() * 1000)
        starts = consumer.offsets_for_times([TopicPartition(*place, moment) for place in wanted], ASK_SECONDS)
        for start in starts:
            if start.error is not None:
                raise KafkaException(start.error)
            if start.offset < 0:
                start.offset = consumer.get_watermark_offsets(start, ASK_SECONDS)[1]
        return starts
