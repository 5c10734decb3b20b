"""The log's topics, and the partition that a key goes to. A topic's number of partitions never changes."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from murmurhash2 import murmurhash2

KAFKA_SEED = 0x9747B28C  # org.apache.kafka.common.utils.Utils.murmur2
RECORD_BYTES = 1 << 20  # the largest record of any topic but deadletters
PARTITIONS = 8


@dataclass(frozen=True)
class Topic:
    """One topic of the log."""

    name: str
    partitions: int = PARTITIONS
    max_record_bytes: int = RECORD_BYTES


FACTS = ("accounts", "graph", "rolls", "photos", "reactions")  # the topics of events
TOPICS = {topic.name: topic for topic in (*map(Topic, FACTS), Topic("deadletters", max_record_bytes=2 * RECORD_BYTES))}


def key_bytes(key: UUID) -> bytes:
    """Returns a key in the form that records carry."""
    return str(key).encode()


@lru_cache(maxsize=200_000)
def partition_of(topic: str, key: UUID) -> int:
    """Returns the partition that holds a person's facts, as Kafka's default partitioner does: murmur2 of the key."""
    return (murmurhash2(key_bytes(key), KAFKA_SEED) & 0x7FFFFFFF) % TOPICS[topic].partitions
