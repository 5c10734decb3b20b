"""Reads the dead letters, oldest first."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Message, TopicPartition

from events.positions import Position, parse_position
from events.settings import Settings
from ops.errors import SERVERS, OperatorError

TOPIC = "deadletters"
SECONDS = 10.0  # to wait for Kafka
AT_ONCE = 500

LetterId = tuple[Position, str]  # a record, and the projection or reactor that couldn't take it


@dataclass(frozen=True)
class Letter:
    """A record that was set aside.

    - `position`: where the record is in the log
    - `projection`: who couldn't take it, a projection or a reactor
    - `size`: of its key and value, in bytes
    - `cut`: key and value were too large for the letter
    - `stored_at`: where the letter is, in the topic of dead letters
    """

    position: Position
    projection: str
    generation: int
    at: datetime
    reason: str
    key: bytes | None
    value: bytes | None
    size: int
    cut: bool
    stored_at: Position

    @property
    def id(self) -> LetterId:
        """What a redrive request is about."""
        return self.position, self.projection


@dataclass(frozen=True)
class Selection:
    """Selects letters; a field that is empty or None selects all."""

    positions: tuple[Position, ...] = ()
    topic: str | None = None
    projection: str | None = None
    since: datetime | None = None

    def wants(self, letter: Letter) -> bool:
        """Returns whether a letter (read from `since` on) is one of them."""
        return (
            (not self.positions or letter.position in self.positions)
            and self.topic in (None, letter.position.topic)
            and self.projection in (None, letter.projection)
        )


def letters(settings: Settings, since: datetime | None, report: Callable[[int, int], None]) -> Iterator[Letter]:
    """Reads every letter up to now, since a time if one is given. `report(read, of)` counts records.

    What isn't a letter of ours (no position that this log could have) is left out.
    Raises OperatorError if Kafka doesn't answer."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": f"darkroom-deadletters-{uuid4()}",  # never joined, and nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "log_level": 0,
        }
    )
    try:
        starts, ends = bounds(consumer, since)
        total = sum(ends[number] - start for number, start in starts.items())
        open_still = {number for number, start in starts.items() if start < ends[number]}
        consumer.assign([TopicPartition(TOPIC, number, starts[number]) for number in sorted(open_still)])
        read, heard = 0, time.monotonic()
        while open_still:
            messages = consumer.consume(AT_ONCE, 0.1)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > SECONDS:
                raise OperatorError(f"Kafka at {settings.bootstrap} stopped answering: see `darkroom status`.")
            for message in messages:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                number, offset = message.partition() or 0, message.offset() or 0
                if offset < ends[number] and (letter := letter_of(message)) is not None:
                    yield letter
                read += offset < ends[number]
                if offset + 1 >= ends[number]:
                    open_still.discard(number)
            report(read, total)
    except KafkaException as error:
        raise OperatorError(f"Kafka at {settings.bootstrap}: {error.args[0].str()}. {SERVERS}") from error
    finally:
        consumer.close()


def bounds(consumer: Consumer, since: datetime | None) -> tuple[dict[int, int], dict[int, int]]:
    """Finds where to begin and to end in each partition. Raises KafkaException."""
    numbers = sorted(consumer.list_topics(TOPIC, timeout=SECONDS).topics[TOPIC].partitions)
    ends: dict[int, int] = {}
    starts: dict[int, int] = {}
    for number in numbers:
        starts[number], ends[number] = consumer.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=SECONDS)
    if since is None:
        return starts, ends
    milliseconds = int(since.timestamp() * 1000)
    found = consumer.offsets_for_times([TopicPartition(TOPIC, n, milliseconds) for n in numbers], timeout=SECONDS)
    return {tp.partition: ends[tp.partition] if tp.offset in (OFFSET_END, -1) else tp.offset for tp in found}, ends


def letter_of(message: Message) -> Letter | None:
    """Parses a record of the topic as a letter; None if it isn't one of ours."""
    headers: dict[str, Any] = dict(message.headers() or [])
    try:
        position = parse_position(headers["position"].decode())
        generation = int(headers["generation"])
        name, reason = headers["projection"].decode(), headers["reason"].decode()
        sizes = [int(size) for size in headers["cut"].split(b",")] if "cut" in headers else None
    except (KeyError, ValueError):
        return None
    key, value = message.key(), message.value()
    key = None if headers.get("key-is-null") == b"1" else key or b""
    value = None if headers.get("value-is-null") == b"1" else value or b""
    return Letter(
        position=position,
        projection=name,
        generation=generation,
        at=datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
        reason=reason,
        key=key,
        value=value,
        size=sum(sizes) if sizes else len(key or b"") + len(value or b""),
        cut=sizes is not None,
        stored_at=Position(TOPIC, message.partition() or 0, message.offset() or 0),
    )
