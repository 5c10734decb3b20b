"""The log's topics, and the partition that a key goes to. A topic's number of partitions never changes: it is a setting
when the topic is made, and is read from where it was written down ever after (projections/partitions.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from murmurhash2 import murmurhash2

KAFKA_SEED = 0x9747B28C  # org.apache.kafka.common.utils.Utils.murmur2
RECORD_BYTES = 1 << 20  # the largest record of any topic but deadletters


@dataclass(frozen=True)
class Topic:
    """One topic of the log."""

    name: str
    max_record_bytes: int = RECORD_BYTES


FACTS = ("accounts", "graph", "rolls", "photos", "reactions")  # the topics of events
TOPICS = {topic.name: topic for topic in (*map(Topic, FACTS), Topic("deadletters", max_record_bytes=2 * RECORD_BYTES))}


def key_bytes(key: UUID) -> bytes:
    """Returns a key in the form that records carry."""
    return str(key).encode()


@lru_cache(maxsize=200_000)
def key_hash(key: UUID) -> int:
    """Returns what Kafka's default partitioner divides by the number of partitions: murmur2 of the key."""
    return murmurhash2(key_bytes(key), KAFKA_SEED) & 0x7FFFFFFF


@dataclass(frozen=True)
class Partitioning:
    """How many partitions each topic of this log has. Whoever computes a partition or a shard is given one."""

    numbers: Mapping[str, int] = field(hash=False)

    def __getitem__(self, topic: str) -> int:
        """How many partitions a topic has. Raises KeyError if it isn't one of ours."""
        return self.numbers[topic]

    def of(self, topic: str, key: UUID) -> int:
        """The partition that holds a person's facts, as Kafka's default partitioner places them."""
        return key_hash(key) % self.numbers[topic]

    def each(self, topic: str) -> range:
        """The partitions of a topic."""
        return range(self.numbers[topic])


def even(number: int) -> Partitioning:
    """Topics that all have this many partitions, as a log that is made now."""
    return Partitioning(dict.fromkeys(TOPICS, number))
