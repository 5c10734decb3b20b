"""How the log is divided is what the tables say, whole or not at all."""

import pytest

from events.topics import TOPICS, Partitioning
from projections.partitions import TOPIC_PARTITIONS, NotWrittenDown, read_partitioning
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from projections.store.table import Stamped

pytestmark = pytest.mark.anyio


async def test_a_store_says_how_its_log_is_divided_once_that_is_written_down_of_every_topic() -> None:
    store, numbers = MemoryStore(), {topic: 3 + number for number, topic in enumerate(TOPICS)}
    rows = [Stamped(TOPIC_PARTITIONS.upsert(topic=topic, partitions=number), 0) for topic, number in numbers.items()]
    await store.write(rows[1:])
    with pytest.raises(NotWrittenDown, match="how many partitions accounts have isn't written down yet"):
        await read_partitioning(store)
    await store.write(rows[:1])
    assert await read_partitioning(store) == Partitioning(numbers)


def test_what_is_not_written_down_yet_is_waited_for_as_a_database_that_is_away() -> None:
    assert issubclass(NotWrittenDown, StoreUnavailable)
