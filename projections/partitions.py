"""topic_partitions: how many partitions each topic of the log has, as it was when the tables were first made for it.

Shards follow from it, so it is read where the shards are. Kafka's own answer is compared with it at each start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from events.topics import TOPICS, Partitioning
from projections.projection import GENERATION
from projections.store.protocol import StoreUnavailable
from projections.store.table import Table

if TYPE_CHECKING:
    from cassandra.cluster import Session  # whoever lists tables needn't load the driver


@dataclass(frozen=True, slots=True)
class TopicPartitions:
    """A topic, and its number of partitions."""

    topic: str
    partitions: int | None = None


TOPIC_PARTITIONS = Table("topic_partitions", TopicPartitions, partition=1)


class NotWrittenDown(StoreUnavailable):
    """The tables don't say yet how many partitions the topics have: `darkroom up` writes it down."""


class Reads(Protocol):
    """What a store needs for it."""

    async def get_many(self, table: Table, keys: Any) -> list[Any]:
        """See Store."""
        ...


async def read_partitioning(store: Reads) -> Partitioning:
    """What is written down of all topics. Raises NotWrittenDown if a topic is missing, or StoreUnavailable."""
    rows: list[TopicPartitions | None] = await store.get_many(TOPIC_PARTITIONS, [(topic,) for topic in TOPICS])
    numbers = {row.topic: row.partitions for row in rows if row is not None and row.partitions}
    if missing := sorted(TOPICS.keys() - numbers.keys()):
        raise NotWrittenDown(f"how many partitions {', '.join(missing)} have isn't written down yet: see `darkroom up`")
    return Partitioning(numbers)


def write_down(session: "Session", keyspace: str, numbers: Mapping[str, int]) -> Partitioning:
    """Writes down the numbers of those topics of which none is; returns what then is written down."""
    table = f"{keyspace}.{TOPIC_PARTITIONS.name}_{GENERATION}"
    written = dict(map(tuple, session.execute(f"SELECT topic, partitions FROM {table}")))
    for topic, number in numbers.items():
        if topic not in written:
            insert = f"INSERT INTO {table} (topic, partitions) VALUES (%s, %s) USING TIMESTAMP 0"
            session.execute(insert, (topic, number))
    return Partitioning({**numbers, **written})
