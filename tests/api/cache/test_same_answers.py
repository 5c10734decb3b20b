"""Whatever is asked, in whichever order, the cache answers as the store does, and asks it only for what it lacks."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cache.answers import Answers
from api.cache.store import CachedStore
from projections.progress import PROGRESS, progress_rows
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from projections.store.table import Stamped
from tests.api.cache.rows import MANY, NOON, ONE, Counting, one
from tests.kit import run

pytestmark = pytest.mark.anyio

HOURS = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours, microseconds=hours))
STORED = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
GROUPS = st.sampled_from(["a", "b", "c"])
PARTITIONS = st.lists(GROUPS.map(lambda group: (group,)), max_size=4)
BOUNDS: dict[str, Any] = {
    "after": st.one_of(st.just(()), st.tuples(HOURS), st.tuples(HOURS, st.integers(0, 3))),
    "upto": st.one_of(st.just(()), st.tuples(HOURS)),
    "limit": st.sampled_from([1, 3, 1000]),
}
QUESTIONS = st.one_of(
    st.tuples(st.just("get"), st.tuples(st.just(ONE), GROUPS), st.just({})),
    st.tuples(st.just("get"), st.tuples(st.just(MANY), GROUPS, HOURS, st.integers(0, 3)), st.just({})),
    st.tuples(st.just("get_many"), st.tuples(st.just(ONE), PARTITIONS), st.just({})),
    st.tuples(st.just("slice"), st.tuples(st.just(MANY), GROUPS), st.fixed_dictionaries(BOUNDS)),
    st.tuples(st.just("slice_many"), st.tuples(st.just(MANY), PARTITIONS), st.fixed_dictionaries(BOUNDS)),
    st.tuples(st.just("merge_slices"), st.tuples(st.just(MANY), PARTITIONS), st.fixed_dictionaries(BOUNDS)),
    st.tuples(st.just("pick"), st.tuples(st.just(MANY), st.tuples(GROUPS), st.lists(STORED)), st.just({})),
    st.tuples(st.just("pick_many"), st.tuples(st.just(MANY), PARTITIONS, st.lists(STORED)), st.just({})),
)


async def asked(store: Store, question: tuple[str, tuple[Any, ...], dict[str, Any]]) -> Any:
    method, arguments, bounds = question
    answer = await getattr(store, method)(*arguments, **bounds)
    return sorted(answer, key=repr) if method.startswith("pick") else answer  # picks are in no order


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(GROUPS, HOURS, st.integers(0, 3)), max_size=12),
    questions=st.lists(QUESTIONS, max_size=12),
    most_bytes=st.sampled_from([0, 3_000, 1_000_000]),
)
def test_the_cache_answers_as_the_store_does(rows: list[Any], questions: list[Any], most_bytes: int) -> None:
    async def scenario() -> None:
        store = MemoryStore()
        await store.write([one(group, number) for group, _, number in rows])
        upserts = [MANY.upsert(group=group, at=at, number=n, text=f"{at}") for group, at, n in rows]
        await store.write([Stamped(upsert, 1) for upsert in upserts])
        cache = CachedStore(store, Answers(60.0, most_bytes))
        for question in questions:
            if question[0] == "pick_many":  # of a partition that is named twice every store may tell twice, or once
                question = (question[0], (MANY, sorted(set(question[1][1])), question[1][2]), {})
            if question[0] == "merge_slices":
                question = (question[0], (MANY, sorted(set(question[1][1]))), question[2])
            for _ in range(2):
                assert await asked(cache, question) == await asked(store, question)

    run(scenario())


async def test_rows_are_shared_by_get_and_get_many_and_only_those_that_lack_are_asked_for() -> None:
    store = Counting()
    await store.write([one(group, 1) for group in "abcd"])
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    await cache.get(ONE, "a")
    await cache.get_many(ONE, [("b",), ("nobody",)])
    store.asked.clear()
    rows = await cache.get_many(ONE, [(name,) for name in ("d", "a", "nobody", "b", "c", "a")])
    assert [row and row.name for row in rows] == ["d", "a", None, "b", "c", "a"]
    assert store.asked == [("get_many", ONE, [("d",), ("c",)])]
    await cache.get(ONE, "c")
    assert len(store.asked) == 1


async def test_slices_are_shared_by_slice_and_slice_many_where_their_bounds_are_the_same() -> None:
    store = Counting()
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    await cache.slice(MANY, "a", limit=5)
    store.asked.clear()
    await cache.slice_many(MANY, [("a",), ("b",), ("c",)], limit=5)
    assert store.asked == [("slice_many", MANY, [("b",), ("c",)])]
    await cache.slice(MANY, "b", limit=5)
    assert len(store.asked) == 1
    await cache.slice(MANY, "b", limit=6)
    assert store.asked[1:] == [("slice", MANY, ("b",))]


async def test_of_sixty_picked_rows_thirty_known_ones_are_not_asked_for_again() -> None:
    store = Counting()
    times = [NOON + timedelta(hours=n) for n in range(60)]
    await store.write([Stamped(MANY.upsert(group="a", at=at, number=n, text=""), 1) for n, at in enumerate(times)])
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    await cache.pick(MANY, ("a",), times[:30])
    store.asked.clear()
    found = await cache.pick_many(MANY, [("a",)], times)
    assert sorted(row.number for row in found) == list(range(60))
    assert store.asked == [("pick", MANY, ("a",), times[30:])]


async def test_an_answer_is_its_askers_own_list() -> None:
    store = MemoryStore()
    await store.write([Stamped(MANY.upsert(group="a", at=NOON, number=1, text=""), 1)])
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    (await cache.slice(MANY, "a")).clear()
    assert len(await cache.slice(MANY, "a")) == 1


async def test_progress_is_never_kept() -> None:
    store = Counting()
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    for offset in (1, 2):
        await store.write(progress_rows("photos", 0, [("photo", 1)], offset=offset))
        assert (await cache.get(PROGRESS, "photos", 0, "photo", 1)).offset == offset
        assert [row.offset for row in await cache.slice(PROGRESS, "photos", 0)] == [offset]
        assert [row.offset for row in await cache.merge_slices(PROGRESS, [("photos", 0)])] == [offset]
        assert [row.offset for row in await cache.pick(PROGRESS, ("photos", 0), ["photo"])] == [offset]


async def test_it_takes_no_writes() -> None:
    store = MemoryStore()
    cache = CachedStore(store, Answers(60.0, 1_000_000))
    with pytest.raises(TypeError):
        await cache.write([one("a", 1)])
    with pytest.raises(TypeError):
        await cache.write_together([one("a", 1)])
    assert (cache.outages, await cache.nodes()) == (0, await store.nodes())
