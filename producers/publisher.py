"""The one way into the log: a fact counts when Kafka has acknowledged it, and then has a position."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from events.codec import Codec, key_of, topic_of
from events.generated import Event
from events.positions import Position
from events.settings import Settings
from events.topics import TOPICS, key_bytes, partition_of

DELIVERY_SECONDS = 120
Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """An event as the log keeps it: its topic (without prefix), its key, its value."""

    topic: str
    key: UUID
    value: bytes


class NotPublished(Exception):
    """Kafka didn't acknowledge a record in time: it may or may not be in the log. The same event may be sent again."""


class RefusedRecord(Exception):
    """Kafka will never take this record (it is too large): a retry can't mend it."""


class Publishes(Protocol):
    """What a processor asks of a publisher."""

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """Appends events in order, and returns when all are acknowledged."""
        ...


class Publisher:
    """Appends events. Made once per process, used in one event loop; `close` flushes and ends its poll thread."""

    def __init__(self, settings: Settings, codec: Codec, client_id: str):
        self._codec = codec
        self._options: dict[str, str | int | bool] = {
            "bootstrap.servers": settings.bootstrap,
            "client.id": client_id,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",  # as Kafka's own and Faust's: keys go where readers expect them
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            "message.max.bytes": max(topic.max_record_bytes for topic in TOPICS.values()) + 4096,
            "compression.type": "lz4",
            "linger.ms": 1,
            "queue.buffering.max.messages": 200_000,
            "log_level": 3,
        }
        self._producer = Producer(self._options)
        self._retired: list[Producer] = []
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka-poll", daemon=True)
        self._poller.start()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(0.1)
            for each in [*self._retired]:
                each.poll(0)
                if not len(each):
                    self._retired.remove(each)

    def _retire(self, producer: Producer) -> None:
        """Begins anew after a fatal error: an idempotent producer refuses everything from then on, for good.

        What it held fails as not published, and whoever waits for it sends the same event again."""
        if producer is self._producer:
            self._retired.append(producer)
            self._producer = Producer(self._options)

    async def publish(self, *events: Event, traceparent: str = "") -> list[Position]:
        """Appends events in order; those of one key stay in order. The positions, once all are acknowledged.

        NotPublished, RefusedRecord; RegistryUnavailable, KeysUnavailable before anything is sent."""
        return await self.publish_all(events, traceparent)

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """As `publish`, for a list: many at once cost little more than one."""
        return await self.append(await self.records(events), traceparent)

    async def records(self, events: Sequence[Event]) -> list[Record]:
        """Events in the log's form, personal fields sealed. RegistryUnavailable, KeysUnavailable; KeyError if a
        personal field's owner has no key (any more)."""
        return [Record(topic_of(type(event)), key_of(event), await self._codec.encode(event)) for event in events]

    async def append(self, records: Sequence[Record], traceparent: str = "") -> list[Position]:
        """Appends records in order; those of one key stay in order. The positions, once all are acknowledged.

        NotPublished, RefusedRecord."""
        headers: Headers = [("traceparent", traceparent.encode())] if traceparent else []
        answers = [
            await self._append(record.topic, key_bytes(record.key), record.value, headers, record.key)
            for record in records
        ]
        return list(await asyncio.gather(*answers))

    async def raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Position:
        """Appends bytes as they are: dead letters, and what tests make."""
        return await (await self._append(topic, key, value, headers, None))

    async def _append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers, person: UUID | None
    ) -> "asyncio.Future[Position]":
        """Hands one record to the producer, and gives back what its acknowledgement will resolve."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Position] = loop.create_future()

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None and fatal(error):
                loop.call_soon_threadsafe(self._retire, producer)
            loop.call_soon_threadsafe(settle, answer, topic, error, message)

        arguments: dict[str, Any] = {"partition": partition_of(topic, person)} if person else {}
        while True:
            producer = self._producer
            try:
                producer.produce(topic, value, key, headers=headers, on_delivery=delivered, **arguments)
                return answer
            except BufferError:  # the local queue is full: the poll thread is emptying it
                await asyncio.sleep(0.01)
            except KafkaException as error:
                if fatal(error.args[0]):
                    self._retire(producer)
                raise told(error.args[0]) from error

    async def reach(self) -> None:
        """Returns if Kafka answers. NotPublished."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=2)
        except KafkaException as error:
            raise told(error.args[0]) from error

    async def close(self) -> None:
        """Sends what is queued and stops."""
        await asyncio.to_thread(self._producer.flush, 10)
        self._closing.set()
        await asyncio.to_thread(self._poller.join)


def settle(answer: "asyncio.Future[Position]", topic: str, error: KafkaError | None, message: Message) -> None:
    """Gives an acknowledgement, or why there is none, to whoever waits for it."""
    if answer.done():
        return
    if error is not None:
        answer.set_exception(told(error))
        return
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    answer.set_result(Position(topic, partition, offset))


def fatal(error: KafkaError) -> bool:
    """Whether the producer that says so will never work again."""
    return error.fatal() or error.code() == KafkaError._FATAL


def told(error: KafkaError) -> Exception:
    """Kafka's error in our words."""
    if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE):
        return RefusedRecord(error.str())
    return NotPublished(error.str())
