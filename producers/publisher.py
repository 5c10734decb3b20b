"""Publishes events: the only way into the log. An event is in the log once Kafka has acknowledged it."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from events.codec import Codec, key_of, topic_of
from events.delivery import DELIVERY_SECONDS
from events.generated import Event
from events.positions import Position
from events.settings import Settings
from events.topics import TOPICS, Partitioning, key_bytes
from producers.kafka_watch import KafkaWatch

CLOSING_SECONDS = 2.0  # what records that are queued get when the publisher is closed
TAKEN_BACK_SECONDS = 4.0  # in which it is said of those that are left that they were taken back
Headers = list[tuple[str, str | bytes | None]]
Options = dict[str, str | int | float | bool]

# How a client of Kafka's here finds out that a connection is dead, and makes another. librdkafka's own values wait for
# a minute and more, in which a client that was cut off for seconds answers nobody.
CONNECTION: Options = {
    # A request that isn't answered by then ends its connection; the next one is tried at once. Without it a connection
    # whose packets were lost waits for TCP, which doubles its pauses, as long again as the cut was.
    "socket.timeout.ms": 5000,
    # As long for a new connection, which begins with a SYN that may be lost: TCP repeats it after 1 s, then after 3.
    "socket.connection.setup.timeout.ms": 3000,
    # Between two connections: at once the first time, and never more than a second after Kafka is there again.
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "log_level": 0,  # without a broker it writes 20 lines a second; KafkaWatch says it
}


@dataclass(frozen=True, slots=True)
class EncodedRecord:
    """An event in the log's form: its topic, its key, its value."""

    topic: str
    key: UUID
    value: bytes


class NotPublished(Exception):
    """Kafka didn't acknowledge a record in time. It may or may not be in the log; the same event may be sent again."""


class RefusedRecord(Exception):
    """Kafka will never take this record, because it is too large: a retry doesn't help."""


class Publishes(Protocol):
    """What a processor needs of a publisher."""

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """Appends events in order; returns their positions once all are acknowledged."""
        ...


class Publisher:
    """Appends events. A process has one, in one event loop; `close` flushes it and ends its poll thread."""

    def __init__(self, settings: Settings, codec: Codec, client_id: str, partitioning: Partitioning):
        self._codec, self._partitioning = codec, partitioning
        self._watch = KafkaWatch(settings)
        self._options: Any = CONNECTION | {
            "error_cb": self._watch.error,
            "bootstrap.servers": settings.bootstrap,
            "client.id": client_id,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",  # as Kafka's own and Faust's: keys go where readers expect them
            # A record is given up after this, however often it was tried: nothing may be appended much later than it
            # was asked for (events/delivery.py).
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            "message.send.max.retries": 2**31 - 1,  # that time alone ends them, never their number
            "retry.backoff.ms": 100,
            "retry.backoff.max.ms": 1000,
            # What the leader may wait for its followers. Shorter than the socket's, so that a leader with a slow
            # follower says so (and the idempotent retry is one it knows), and isn't taken for a dead connection.
            "request.timeout.ms": 4000,
            "message.max.bytes": max(topic.max_record_bytes for topic in TOPICS.values()) + 4096,
            "compression.type": "lz4",
            "linger.ms": 1,
            "queue.buffering.max.messages": 200_000,
        }
        self._producer = Producer(self._options)
        self._retired: list[Producer] = []
        self._closed = False
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka-poll", daemon=True)
        self._poller.start()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(0.1)
            self._watch.look(self._producer)
            for producer in [*self._retired]:
                producer.poll(0)
                if not len(producer):
                    self._retired.remove(producer)

    def _retire(self, producer: Producer) -> None:
        """Replaces a producer after a fatal error: an idempotent one refuses everything from then on, for good.

        What it held fails with NotPublished, and whoever awaits it sends the same event again."""
        if producer is self._producer and not self._closed:
            self._retired.append(producer)
            self._producer = Producer(self._options)

    async def publish(self, *events: Event, traceparent: str = "") -> list[Position]:
        """Appends events in order; returns their positions once all are acknowledged. Those of one key stay in order.

        Raises NotPublished or RefusedRecord; RegistryUnavailable or KeysUnavailable before anything is sent."""
        return await self.publish_all(events, traceparent)

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """Does what `publish` does, for a list: many at once cost little more than one."""
        return await self.append(await self.records(events), traceparent)

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        """Returns events in the log's form, personal fields sealed.

        Raises RegistryUnavailable or KeysUnavailable; KeyError if a personal field's owner has no key (any more)."""
        return [
            EncodedRecord(topic_of(type(event)), key_of(event), await self._codec.encode(event)) for event in events
        ]

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        """Appends records in order; returns their positions once all are acknowledged. Those of one key stay in order.

        Raises NotPublished or RefusedRecord."""
        headers: Headers = [("traceparent", traceparent.encode())] if traceparent else []
        answers: list[asyncio.Future[Position]] = []
        try:
            for record in records:
                answers.append(
                    await self._append(record.topic, key_bytes(record.key), record.value, headers, record.key)
                )
        except Exception:
            for answer in answers:  # nobody awaits them any more
                answer.cancel()
            raise
        return list(await asyncio.gather(*answers))

    async def raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Position:
        """Appends bytes as they are: dead letters, and records that tests make."""
        return await (await self._append(topic, key, value, headers, None))

    async def _append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers, person: UUID | None
    ) -> "asyncio.Future[Position]":
        """Hands one record to the producer; returns a future that its acknowledgement resolves."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Position] = loop.create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever asked may have gone

        def delivered(error: KafkaError | None, message: Message) -> None:
            self._watch.delivered(error)
            if error is not None and fatal(error):
                loop.call_soon_threadsafe(self._retire, producer)
            loop.call_soon_threadsafe(resolve, answer, topic, error, message)

        arguments: dict[str, Any] = {"partition": self._partitioning.of(topic, person)} if person else {}
        while not self._closed:
            producer = self._producer
            try:
                producer.produce(topic, value, key, headers=headers, on_delivery=delivered, **arguments)
                return answer
            except BufferError:  # the local queue is full: the poll thread is emptying it
                await asyncio.sleep(0.01)
            except KafkaException as error:
                if fatal(error.args[0]):
                    self._retire(producer)
                raise exception_of(error.args[0]) from error
        raise NotPublished("the publisher is closed")

    async def reach(self) -> None:
        """Returns if Kafka answers. Raises NotPublished if it doesn't."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=2)
        except KafkaException as error:
            raise exception_of(error.args[0]) from error

    async def close(self) -> None:
        """Sends what is queued, if that takes no longer than CLOSING_SECONDS; takes back what isn't sent by then.

        Nothing is sent afterwards: whoever awaits a record that was taken back gets NotPublished."""
        self._closed = True
        await asyncio.to_thread(self._producer.flush, CLOSING_SECONDS)
        for producer in (self._producer, *self._retired):
            await asyncio.to_thread(producer.purge)
            await asyncio.to_thread(producer.flush, TAKEN_BACK_SECONDS)
        self._closing.set()
        await asyncio.to_thread(self._poller.join)


def resolve(answer: "asyncio.Future[Position]", topic: str, error: KafkaError | None, message: Message) -> None:
    """Resolves a future with its record's position, or with the exception that says why there is none."""
    if answer.done():
        return
    if error is not None:
        answer.set_exception(exception_of(error))
        return
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    answer.set_result(Position(topic, partition, offset))


def fatal(error: KafkaError) -> bool:
    """Whether a producer that reports this error will never work again."""
    return error.fatal() or error.code() == KafkaError._FATAL


def exception_of(error: KafkaError) -> Exception:
    """Translates Kafka's error into NotPublished or RefusedRecord."""
    if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE):
        return RefusedRecord(error.str())
    return NotPublished(error.str())
