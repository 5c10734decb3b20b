"""develop has a bite of photos in hand, however many are due at once and however long a view stands still."""

import asyncio
import gc
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.generated import Event
from events.positions import Position
from processors.develop import AT_ONCE, BITE, IN_BULK, Develop
from processors.handlers.batch import Batch, Partition
from processors.handlers.reader import Read
from processors.transport.lease import Lease
from projections.photos.card import card_json
from projections.photos.develop_due import DEVELOP_BUCKETS, DEVELOP_DAYS, DEVELOP_DUE, PARTS, DuePhoto
from projections.progress import progress_rows
from projections.store.memory import MemoryStore
from projections.store.table import Stamped, Table
from tests.given import CARD
from tests.kit import record
from tests.processors.world import OWNER, PARTITION, PARTITION_OF_OWNER, START, World, filtered, taken

pytestmark = pytest.mark.anyio

CARD_JSON = card_json(CARD)
MOMENT = "2026-06-19T12:00:00.000"  # START


class Row(DuePhoto):
    """A row that counts how many of its kind there are."""

    alive = most = 0

    def __init__(self, *columns: Any) -> None:
        super().__init__(*columns)
        Row.alive += 1
        Row.most = max(Row.most, Row.alive)

    def __del__(self) -> None:
        Row.alive -= 1


class Crowd(MemoryStore):
    """So many photos are due at one moment in each partition; their rows are made when they are read."""

    def __init__(self, photos: int):
        super().__init__()
        self.of_part = photos // PARTS
        self.read = 0

    async def begin(self, shards: Sequence[int]) -> None:
        """Says which parts there are, and that `develop_due` has folded everything."""
        for shard in shards:
            day = {"shard": shard, "day": MOMENT[:10]}
            parts = [DEVELOP_BUCKETS.upsert(**day, bucket=f"{MOMENT}/{part}") for part in range(PARTS)]
            await self.write([Stamped(row, 1) for row in (DEVELOP_DAYS.upsert(**day), *parts)])
            await self.write(progress_rows("photos", shard, [("develop_due", 1)], offset=10**9))

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        if table is not DEVELOP_DUE:
            return await super().slice(table, *partition, after=after, upto=upto, limit=limit)
        bucket, shard = partition
        begin = after[0].int // PARTS + 1 if after and after[0].int else 1
        numbers = range(begin, min(begin + limit, self.of_part + 1))
        self.read += len(numbers)
        ids = (UUID(int=n * PARTS + int(bucket[-1])) for n in numbers)
        return [Row(bucket, shard, photo, OWNER, START, START, True, CARD_JSON) for photo in ids]


class Counting:
    """A publisher that keeps nothing of what it appends, and takes its time."""

    def __init__(self) -> None:
        self.appended = self.most = self.under_way = 0

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """See Publishes."""
        self.under_way += len(events)
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= len(events)
        self.appended += len(events)
        return []


async def test_300_000_photos_due_at_one_moment_take_the_room_of_a_bulk() -> None:
    """Seen to fail with all rows of a moment read before any is appended."""
    store, publisher = Crowd(300_000), Counting()
    await store.begin([PARTITION])
    develop = Develop(replace(World(store=store).tools(), publisher=publisher))
    looks = 0
    Row.most = Row.alive
    while publisher.appended < 300_000:
        before = publisher.appended
        await develop.tick(PARTITION_OF_OWNER, Lease.of())
        assert 0 < publisher.appended - before <= BITE
        looks += 1
    await develop.tick(PARTITION_OF_OWNER, Lease.of())
    assert (looks, publisher.appended, store.read, publisher.most) == (300_000 // BITE, 300_000, 300_000, IN_BULK)
    assert IN_BULK <= Row.most <= 2 * IN_BULK  # those that are appended, while the next ones are read


async def test_so_many_partitions_have_a_bulk_in_hand_at_once() -> None:
    """A worker may have all of them. Seen to fail without turns: 64 bulks at once."""
    store, publisher = Crowd(IN_BULK), Counting()
    await store.begin(range(64))
    develop = Develop(replace(World(store=store).tools(), publisher=publisher))
    await asyncio.gather(*(develop.tick(Partition("photos", shard), Lease.of()) for shard in range(64)))
    assert publisher.appended == 64 * IN_BULK
    assert publisher.most <= AT_ONCE * IN_BULK


async def test_nothing_is_kept_of_what_was_seen() -> None:
    """Photos that are to develop tomorrow, and the view far behind: what it keeps doesn't grow with them.

    It did: each PhotoTaken was kept until it was folded."""
    world = World()
    await world.store.write(progress_rows("photos", PARTITION, [("develop_due", 1)], offset=10**9))
    develop, tomorrow, empty = world.develop(), timedelta(days=1), record("photos", PARTITION, 0, None, None)

    async def see(offset: int) -> None:
        events = [taken(offset, tomorrow), filtered(offset, tomorrow)]
        reads = [Read(2 * offset + i, event, empty) for i, event in enumerate(events)]
        await develop.react(Batch("photos", PARTITION, 1, [empty]), reads, Lease.of())

    for offset in range(10):
        await see(offset)
    gc.collect()
    tracemalloc.start()
    try:
        for offset in range(10, 2000):
            await see(offset)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 50_000  # bytes: 25 an offset that is seen
    finally:
        tracemalloc.stop()
