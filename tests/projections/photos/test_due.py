"""Rows that come due in buckets are gone through in order, each once, from wherever one was."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from projections.photos.due import Mark, due_rows
from projections.photos.removals_due import REMOVALS_DUE
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests.given import named

pytestmark = pytest.mark.anyio

SHARD = 2
HOURS = ["2026-06-19T12", "2026-06-19T15", "2026-06-20T00"]
PHOTOS = sorted(named(f"photo {n}") for n in range(4))


async def store_of(**numbers: int) -> MemoryStore:
    """A store with so many photos in the first hour, the second and the third."""
    store = MemoryStore()
    for hour, number in zip(HOURS, numbers.values(), strict=True):
        rows = [REMOVALS_DUE.upsert(hour=hour, shard=SHARD, photo_id=photo) for photo in PHOTOS[:number]]
        await store.write([Stamped(row, 1) for row in rows])
    return store


async def those(buckets: Sequence[str]) -> AsyncIterator[str]:
    for bucket in buckets:
        yield bucket


async def walked(store: MemoryStore, after: Mark, size: int) -> list[tuple[list[tuple[str, UUID]], Mark]]:
    """The keys of what is found, each time with its mark."""
    buckets = those([hour for hour in HOURS if hour > after.bucket])
    found = due_rows(store, REMOVALS_DUE, SHARD, after=after, buckets=buckets, size=size)
    return [([(row.hour, row.photo_id) for row in rows], mark) async for rows, mark in found]


@pytest.mark.parametrize("text", ["", "2026-06-19T12/whole", f"2026-06-20T07:00:00.000/3/{PHOTOS[0]}"])
def test_a_mark_is_kept_as_text(text: str) -> None:
    assert str(Mark.read(text)) == (text or "/whole")
    assert Mark.read("/whole") == Mark.read("") == Mark()


def test_a_later_mark_is_a_greater_text() -> None:
    marks = [Mark(), Mark("b", PHOTOS[0]), Mark("b", PHOTOS[1]), Mark("b"), Mark("c", PHOTOS[0]), Mark("c")]
    texts = list(map(str, marks))
    assert texts == sorted(texts)
    assert list(map(Mark.read, texts)) == marks


@pytest.mark.parametrize("size", range(1, 10))
async def test_everything_is_found_once_and_in_order(size: int) -> None:
    store = await store_of(noon=3, three=1, midnight=4)
    found = await walked(store, Mark(), size)
    rows = [row for some, _ in found for row in some]
    assert rows == [*((HOURS[0], p) for p in PHOTOS[:3]), (HOURS[1], PHOTOS[0]), *((HOURS[2], p) for p in PHOTOS)]
    assert {len(some) for some, _ in found[:-1]} <= {size}
    assert found[-1][1] == Mark(HOURS[2])


@pytest.mark.parametrize("size", range(1, 10))
async def test_from_each_mark_the_rest_is_found(size: int) -> None:
    """Whoever dies anywhere, another goes on from there."""
    store = await store_of(noon=3, three=1, midnight=4)
    found = await walked(store, Mark(), size)
    for i, (_, mark) in enumerate(found):
        rest = [row for some, _ in found[i + 1 :] for row in some]
        assert [row for some, _ in await walked(store, mark, 5) for row in some] == rest


async def test_without_anything_behind_the_mark_there_is_nothing() -> None:
    store = await store_of(noon=3, three=1, midnight=4)
    assert await walked(store, Mark(HOURS[2]), 5) == []


async def test_what_is_left_of_a_marks_bucket_may_be_nothing() -> None:
    store = await store_of(noon=3, three=0, midnight=0)
    assert await walked(store, Mark(HOURS[0], PHOTOS[2]), 5) == [([], Mark(HOURS[2]))]


async def test_a_bucket_without_rows_is_passed() -> None:
    """Its index may be written before its rows: those say so themselves, by their events."""
    store = await store_of(noon=0, three=0, midnight=0)
    assert await walked(store, Mark(), 5) == [([], Mark(HOURS[2]))]
