"""Encodes events in the log's form, and produces them as fast as that goes."""

import io
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from typing import Any
from uuid import UUID

import fastavro
from confluent_kafka import Producer

from events.codec import HEADER, MAGIC, SCHEMA_OF
from events.generated import Event, PhotoAddedToRoll, PhotoLiked, PhotoUnliked
from events.settings import Settings
from events.topics import even, key_bytes

Encoded = tuple[str, UUID, bytes]  # topic, key, value
Ids = dict[str, int]  # schema ids in the registry, by the schemas' full names
DAY = datetime(2026, 6, 20, 7, 0, tzinfo=UTC)
MEMBERS_A_ROLL = 8
GOLDEN = 0x9E3779B97F4A7C15F39CC0605CEDC835  # 2**128 by the golden ratio: its multiples are spread evenly


def encoder(ids: Ids, event: type[Event]) -> Callable[..., Encoded]:
    """Makes a function from an event's fields to its record."""
    schema = SCHEMA_OF[event]
    parsed, header = fastavro.parse_schema(dict(schema.avro)), HEADER.pack(MAGIC, ids[schema.full_name])

    def encode(**fields: Any) -> Encoded:
        out = io.BytesIO()
        out.write(header)
        fastavro.schemaless_writer(out, parsed, fields)
        return schema.topic, fields[schema.key], out.getvalue()

    return encode


def produce(settings: Settings, records: Iterable[Encoded], linger_ms: int = 400) -> int:
    """Appends records, and counts them. A partition's share arrives in few, large pieces: a backlog, not a trickle."""
    producer = Producer(
        {
            "bootstrap.servers": settings.bootstrap,
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": linger_ms,
            "batch.size": 900_000,
            "batch.num.messages": 100_000,
            "queue.buffering.max.messages": 2_000_000,
            "queue.buffering.max.kbytes": 1 << 20,
            "log_level": 3,
        }
    )
    count, partitioning = 0, even(settings.partitions)
    for topic, key, value in records:
        producer.produce(topic, value, key_bytes(key), partition=partitioning.of(topic, key))
        count += 1
    if left := producer.flush(60):
        raise RuntimeError(f"{left} records were not acknowledged")
    return count


def an_id(chance: random.Random) -> UUID:
    """Makes a random id."""
    return UUID(int=chance.getrandbits(128), version=4)


def id_of(world: int, number: int) -> UUID:
    """Makes the id of what has a number."""
    return UUID(int=(world + number * GOLDEN) % 2**128, version=4)


def placements(ids: Ids, chance: random.Random, rolls: int) -> Iterator[Encoded]:
    """Makes PhotoAddedToRoll without end: `rolls` rolls of eight people each, who take photos on the same day."""
    encode = encoder(ids, PhotoAddedToRoll)
    world = chance.getrandbits(127)  # of which all ids are made, so that there can be a million rolls
    for number in count():
        which = chance.randrange(rolls)
        roll = id_of(world, which)
        owner = id_of(world, rolls + which * MEMBERS_A_ROLL + chance.randrange(MEMBERS_A_ROLL))
        taken_at = DAY - timedelta(milliseconds=chance.randrange(86_400_000))
        yield encode(
            event_id=an_id(chance),
            occurred_at=taken_at + timedelta(seconds=number % 60 + 1),
            actor_id=owner,
            photo_id=an_id(chance),
            owner_id=owner,
            roll_id=roll,
            taken_at=taken_at,
            develops_at=DAY,
        )


def likes(ids: Ids, chance: random.Random, *, photos: int, people: int) -> Iterator[Encoded]:
    """Makes PhotoLiked and PhotoUnliked without end.

    Photo number n is liked in proportion to 1/n (Zipf), and one like in ten is taken back."""
    liked, unliked = encoder(ids, PhotoLiked), encoder(ids, PhotoUnliked)
    targets, likers = ([an_id(chance) for _ in range(number)] for number in (photos, people))
    weights = list(accumulate(1 / (n + 1) for n in range(photos)))
    recent: list[tuple[UUID, UUID, UUID]] = []
    while True:
        for photo in chance.choices(targets, cum_weights=weights, k=1000):
            common: dict[str, Any] = {"event_id": an_id(chance), "occurred_at": DAY}
            if recent and chance.random() < 0.1:
                like, photo, liker = recent.pop(chance.randrange(len(recent)))
                yield unliked(**common, actor_id=liker, photo_id=photo, liker_id=liker, like_id=like)
                continue
            liker = chance.choice(likers)
            recent.append((common["event_id"], photo, liker))
            del recent[:-500]
            yield liked(**common, actor_id=liker, photo_id=photo, liker_id=liker)
