"""A list in many buckets is read as one, in two requests, from any place on."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from events.ids import key_order
from projections.buckets import day_of, entity_of, month_of, newest_rows, place_of
from projections.photos.roll_feed import ROLL_FEED, ROLL_FEED_BUCKETS
from projections.store.memory import MemoryStore
from projections.store.table import clustering_key
from tests import given
from tests.given import LAKE, MORNING, TAKEN, named
from tests.projections.counting import CountingStore
from tests.projections.rows import stored

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


def test_a_place_names_the_entity_and_the_bucket() -> None:
    assert place_of(LAKE, day_of(MORNING)) == f"{LAKE}/2026-06-20"
    assert month_of(MORNING) == "2026-06"
    assert entity_of(place_of(LAKE, "2026-06-20")) == LAKE


async def a_roll(hours: list[int]) -> CountingStore:
    """A roll with a photo that develops so many hours before the morning, for each of these."""
    added = [
        given.photo_added_to_roll(photo_id=named(f"photo {n}"), develops_at=MORNING - hour * HOUR)
        for n, hour in enumerate(hours)
    ]
    return CountingStore(await stored(*added))


async def read(store: CountingStore, now: datetime, after: tuple[object, ...], size: int) -> list[tuple[object, ...]]:
    """The keys of the roll's next photos."""
    store.requests = 0
    rows = await newest_rows(
        store,
        LAKE,
        index=ROLL_FEED_BUCKETS,
        table=ROLL_FEED,
        after=after,
        upto=(now,),
        bucket_of=day_of,
        size=size,
    )
    assert store.requests <= 2
    return [clustering_key(ROLL_FEED, row) for row in rows]


@settings(deadline=None)
@example(hours=[0, 24], now=1, size=1)  # nothing is due of the first bucket
@example(hours=[24, 48], now=0, size=1)  # nothing is left of the bucket in which the last page ended
@drawn(hours=st.lists(st.integers(0, 150), max_size=25), now=st.integers(0, 80), size=st.integers(1, 30))
async def test_page_by_page_a_list_is_all_that_is_due_in_order(hours: list[int], now: int, size: int) -> None:
    store = await a_roll(hours)
    found: list[tuple[object, ...]] = []
    while page := await read(store, MORNING - now * HOUR, found[-1] if found else (), size):
        found += page
        if len(page) < size:
            break
    due = [(MORNING - hour * HOUR, TAKEN, named(f"photo {n}")) for n, hour in enumerate(hours) if hour >= now]
    assert [key[:3] for key in found] == sorted(due, key=key_order, reverse=True)


@pytest.mark.parametrize("size", [1, 10, 99])
async def test_no_more_buckets_are_read_than_could_be_needed(size: int) -> None:
    store = await a_roll([24 * day for day in range(120)])
    assert len(await read(store, MORNING, (), size)) == size
    assert store.requests == 2
    assert store.partitions == 1 + size + 1  # the index; a bucket for each row, and the one with the bound


async def test_a_list_without_bounds_reads_a_bucket_for_each_row() -> None:
    store = await a_roll([24 * day for day in range(120)])
    rows = await newest_rows(store, LAKE, index=ROLL_FEED_BUCKETS, table=ROLL_FEED, bucket_of=day_of, size=100)
    assert (len(rows), store.requests, store.partitions) == (100, 2, 101)


async def test_an_empty_list_is_one_request() -> None:
    store = CountingStore(MemoryStore())
    assert (
        await newest_rows(store, UUID(int=1), index=ROLL_FEED_BUCKETS, table=ROLL_FEED, bucket_of=day_of, size=9) == []
    )
    assert store.requests == 1
