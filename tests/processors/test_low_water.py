"""A low water only rises, whoever writes it and in whichever order: what it says stays true."""

from uuid import UUID

import pytest

from processors.low_water import LowWaters, low_water_table
from projections.photos.due import Mark
from projections.store.memory import MemoryStore
from projections.store.table import Stamped

pytestmark = pytest.mark.anyio

TABLE = low_water_table("somebody")
FIRST, SECOND = UUID(int=1), UUID(int=2)


async def kept(store: MemoryStore, shard: int = 3) -> tuple[str, int]:
    row = await store.get(TABLE, shard)
    return row.mark, row.offset


async def test_a_partition_begins_before_everything() -> None:
    assert await LowWaters(TABLE).mark(MemoryStore(), 3) == Mark()


async def test_what_is_kept_is_what_another_worker_goes_on_from() -> None:
    store = MemoryStore()
    for mark in (Mark("b", FIRST), Mark("b", SECOND), Mark("b"), Mark("c", FIRST)):
        await LowWaters(TABLE).keep(store, 3, mark=mark)
        assert await LowWaters(TABLE).mark(store, 3) == mark
        assert await LowWaters(TABLE).mark(store, 4) == Mark()


async def test_a_mark_leaves_the_offset_and_an_offset_the_mark() -> None:
    store, ours = MemoryStore(), LowWaters(TABLE)
    await ours.keep(store, 3, offset=7)
    assert await kept(store) == ("", 7)
    await ours.keep(store, 3, mark=Mark("b"))
    assert await kept(store) == ("b/whole", 7)
    await ours.keep(store, 3, offset=9)
    assert await kept(store) == ("b/whole", 9)


async def test_an_older_offset_changes_nothing() -> None:
    store, ours = MemoryStore(), LowWaters(TABLE)
    await ours.keep(store, 3, mark=Mark("b"), offset=9)
    await ours.keep(store, 3, offset=2)
    assert await kept(store) == ("b/whole", 9)


async def test_what_stays_as_it_was_is_not_written() -> None:
    store, ours = MemoryStore(), LowWaters(TABLE)
    await ours.keep(store, 3, mark=Mark("b"), offset=9)

    async def never(rows: list[Stamped]) -> None:
        raise AssertionError("it is there already")

    store.write = never  # type: ignore[method-assign, assignment]
    await ours.keep(store, 3, mark=Mark("b"), offset=9)
    await ours.keep(store, 3, offset=2)


async def test_of_two_owners_the_one_that_has_seen_more_of_the_log_has_the_say() -> None:
    """Whichever writes last. Seen to fail with stamps that count the writes."""
    store, stalled, owner = MemoryStore(), LowWaters(TABLE), LowWaters(TABLE)
    await stalled.keep(store, 3, mark=Mark("b"), offset=5)
    await owner.keep(store, 3, offset=6)
    await stalled.keep(store, 3, mark=Mark("d"))
    assert await kept(store) == ("b/whole", 6)


async def test_of_two_that_have_seen_as_much_the_later_mark_stays() -> None:
    store, one, other = MemoryStore(), LowWaters(TABLE), LowWaters(TABLE)
    await one.keep(store, 3, mark=Mark("b"), offset=5)
    await other.keep(store, 3, mark=Mark("d"))
    await one.keep(store, 3, mark=Mark("c"))
    assert await kept(store) == ("d/whole", 5)


async def test_what_is_forgotten_is_read_again() -> None:
    store, one, other = MemoryStore(), LowWaters(TABLE), LowWaters(TABLE)
    await one.keep(store, 3, mark=Mark("b"))
    await one.keep(store, 4, mark=Mark("b"))
    for shard in (3, 4):
        await other.keep(store, shard, mark=Mark("c"))
    one.forget([3, 8])
    assert await one.mark(store, 3) == Mark("c")
    assert await one.mark(store, 4) == Mark("b")
