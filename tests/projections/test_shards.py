"""A set that is cut into many shards: a small one costs as much as it is large, and no list or size misses a shard."""

from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from events.topics import even
from projections.graph.followers import followers
from projections.projection import GENERATION
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from projections.tally.counts import COUNTS, Count
from projections.tally.queries import counts_of, live_shards, newest_members, shards_of_newest
from tests import given
from tests.given import ADA, NOON, minutes, named
from tests.kit import MemoryLog, Worker
from tests.projections.counting import CountingStore
from tests.projections.rows import milliseconds

pytestmark = pytest.mark.anyio

PRODUCTION = even(64)
FANS = [named(f"fan {number}") for number in range(6)]


async def store_of_fans() -> MemoryStore:
    """Six people follow Ada, a minute after each other, and the last of them has ended it; in 64 partitions."""
    log, store = MemoryLog(partitioning=PRODUCTION), MemoryStore(PRODUCTION)
    follows = [given.user_followed(follower_id=fan, occurred_at=minutes(n)) for n, fan in enumerate(FANS)]
    ended = given.user_unfollowed(follower_id=FANS[-1], follow_id=follows[-1].event_id)
    await log.append(*follows, ended)
    await Worker(store, log.codec).fold_all(log)
    return store


async def test_a_small_set_of_many_shards_is_listed_from_those_that_have_somebody() -> None:
    """Seen to fail with all shards asked: 640 of them."""
    store = CountingStore(await store_of_fans())
    newest = await newest_members(store, followers, ADA, size=30)
    assert [row.member for row in newest.members.values()] == FANS[4::-1]
    assert (store.requests, store.partitions) == (3, 1 + 5 + 5)


async def test_of_a_set_of_many_shards_no_more_are_read_than_rows_are_wanted() -> None:
    """Seen to fail with every shard read that has somebody."""
    store = CountingStore(await store_of_fans())
    newest = await newest_members(store, followers, ADA, size=2)
    assert [row.member for row in newest.rows] == [FANS[4], FANS[3]]
    assert (store.requests, store.partitions) == (3, 1 + 2 + 2)


async def test_shards_without_anybody_are_none() -> None:
    store = await store_of_fans()
    wanted = {followers.shard(PRODUCTION.of("graph", fan), fan) for fan in FANS[:5]}
    assert await live_shards(store, followers, ADA) == sorted(wanted)
    assert await live_shards(store, followers, named("nobody follows")) == []


rows_of_shards = st.dictionaries(st.integers(0, 40), st.lists(st.integers(0, 30), min_size=1, max_size=5), max_size=20)


@settings(deadline=None)
@drawn(shards=rows_of_shards, size=st.integers(1, 8), past=st.none() | st.integers(0, 31))
def test_the_newest_rows_are_in_the_shards_that_are_chosen_for_them(
    shards: dict[int, list[int]], size: int, past: int | None
) -> None:
    """Seen to fail with the shards past a cursor chosen as if there were none."""
    after = () if past is None else (minutes(past),)

    def newest(of: dict[int, list[int]]) -> list[int]:
        return sorted((at for rows in of.values() for at in rows if past is None or at < past), reverse=True)[:size]

    counts = [
        Count(ADA, "followers", shard, GENERATION, len(rows), milliseconds(minutes(max(rows))))
        for shard, rows in shards.items()
    ]
    chosen = set(shards_of_newest(counts, after=after, size=size))
    assert newest({shard: rows for shard, rows in shards.items() if shard in chosen}) == newest(shards)


def counted(entity: UUID, shard: int, at: datetime) -> Stamped:
    """One shard's count, of one member."""
    return Stamped(
        COUNTS.upsert(
            entity=entity,
            kind="followers",
            shard=shard,
            generation=GENERATION,
            total=1,
            latest=milliseconds(at),
        ),
        1,
    )


async def test_a_size_of_more_shards_than_a_slice_has_rows_is_whole() -> None:
    """Seen to fail with the store's own limit of a slice: 1,000 rows."""
    store = MemoryStore(PRODUCTION)
    await store.write([counted(ADA, shard, NOON) for shard in range(1_500)])
    [counts] = await counts_of(store, [ADA])
    assert counts["followers"] == 1_500
