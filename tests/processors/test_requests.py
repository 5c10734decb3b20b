"""How many requests to the database an event costs a projector, where nearly each is about something else."""

import random
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any

import pytest

from bench.harness.stream import Encoded, likes, placements
from events.schema import all_schemas
from events.topics import key_bytes
from processors.handlers.constants import Constants
from projections.photos.roll_feed import ROLL_FEED_BUCKETS
from projections.store.memory import MemoryStore
from projections.store.protocol import by_partition
from projections.store.table import Stamped, Table
from tests.given import named
from tests.kit import Worker, memory_codec, record
from tests.partitions import partition_of

pytestmark = pytest.mark.anyio

IDS = {name: number + 1 for number, name in enumerate(all_schemas())}


class Counting(MemoryStore):
    """Counts the requests that a database would get."""

    requests = 0

    async def write(self, rows: Sequence[Stamped]) -> None:
        self.requests += len(by_partition(rows))
        await super().write(rows)

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        self.requests += 1
        for row in rows:
            self._write(row)

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        self.requests += 1
        return await super().pick(table, partition, firsts)


async def cost(stream: Any, number: int = 400, size: int = 100) -> float:
    """Requests an event, without what a batch costs."""
    events: list[Encoded] = list(islice(stream, number))
    partitions: dict[int, list[Any]] = {}
    for topic, key, value in events:
        records = partitions.setdefault(partition_of(topic, key), [])
        records.append(record(topic, partition_of(topic, key), len(records), key_bytes(key), value))
    store, batches = Counting(), 0
    worker = Worker(store, memory_codec())
    for partition, records in partitions.items():
        await worker.take_over(records[0].topic, partition)
        for i in range(0, len(records), size):
            await worker.fold(records[i : i + size])
            batches += 1
    return (store.requests - batches) / number


async def test_a_photo_in_a_roll_costs_six_requests_where_each_is_in_another_roll() -> None:
    """The placement, the photo, two reads of sets and one write of both, the counts with the roll's days. Seen to fail
    with the sets written each by itself (7), and with the roll's days among the rows (7)."""
    assert await cost(placements(IDS, random.Random(1), rolls=1_000_000)) == 6.0


async def test_a_like_costs_three_requests_for_each_of_its_two_sets() -> None:
    stream = likes(IDS, random.Random(1), photos=1_000_000, people=1_000_000)
    assert 5.0 < await cost(stream) <= 6.0


async def test_what_never_changes_is_written_once_until_a_database_may_have_lost_it() -> None:
    """Seen to fail with `forget` left out, and with nothing remembered."""
    store = Counting()
    worker = Worker(store, memory_codec())
    events = list(islice(placements(IDS, random.Random(1), rolls=1), 300))
    batches: dict[int, list[Any]] = {}
    for topic, key, value in events:
        records = batches.setdefault(partition_of(topic, key), [])
        records.append(record(topic, partition_of(topic, key), len(records), key_bytes(key), value))
    partition, records = max(batches.items(), key=lambda each: len(each[1]))
    await worker.take_over("photos", partition)

    async def days_written(some: Sequence[Any]) -> bool:
        store._tables.pop(ROLL_FEED_BUCKETS.name, None)
        await worker.fold(some)
        return ROLL_FEED_BUCKETS.name in store._tables

    assert await days_written(records[:2])
    assert not await days_written(records[2:4])
    worker.projectors["photos"].forget()
    assert await days_written(records[4:6])
    store.outages += 1  # whatever it was
    assert await days_written(records[6:8])


def test_no_more_is_remembered_than_twice_the_most() -> None:
    constants = Constants(most=3)
    rows = [Stamped(ROLL_FEED_BUCKETS.upsert(roll_id=named(f"roll {n}"), bucket="2026-06-20"), n) for n in range(20)]
    for row in rows:
        constants.learn([row])
    assert constants.missing([rows[-1], rows[-1], rows[0]]) == [rows[0]]
    assert len(constants._young) + len(constants._old) <= 6
