"""What is kept is bounded by bytes, the least recently used goes first, and the estimate of a size is an honest one."""

import tracemalloc
from datetime import timedelta
from uuid import uuid4

import pytest

from api.cache.answers import Answers
from api.cache.kept import Answer, KeptAnswers
from api.cache.metrics import CacheMetrics
from api.cache.sizes import answer_size
from api.cache.store import CachedStore
from tests.api.cache.rows import MANY, NOON, ONE, Counting, Many, One, one

pytestmark = pytest.mark.anyio


def kept(most: int) -> KeptAnswers:
    return KeptAnswers(most, CacheMetrics())


SIZE = answer_size(("row", ONE, ("a",)), One("a", 1))


def fill(answers: KeptAnswers, names: str, began: float = 0.0, oldest: float = 0.0) -> None:
    for name in names:
        answers.put(("row", ONE, (name,)), Answer(began, One(name, 1)), oldest)


def names(answers: KeptAnswers, among: str) -> str:
    """Those of these names that are kept, without using them."""
    return "".join(name for name in among if ("row", ONE, (name,)) in answers._answers)


def test_the_least_recently_used_goes_first() -> None:
    answers = kept(3 * SIZE)
    fill(answers, "abc")
    assert answers.get(("row", ONE, ("a",))) is not None
    fill(answers, "d")
    assert names(answers, "abcd") == "acd"
    assert answers.bytes == 3 * SIZE


def test_what_nobody_can_be_given_any_more_makes_room() -> None:
    answers = kept(100 * SIZE)
    fill(answers, "abc", began=0.0)
    fill(answers, "d", began=5.0, oldest=1.0)
    assert names(answers, "abcd") == "d"
    assert answers.bytes == SIZE


def test_what_is_put_again_counts_once() -> None:
    answers = kept(100 * SIZE)
    fill(answers, "aab")
    assert answers.bytes == 2 * SIZE


def test_what_is_larger_than_the_whole_is_not_kept_and_drives_nothing_out() -> None:
    answers = kept(3 * SIZE)
    fill(answers, "ab")
    answers.put(("row", ONE, ("x",)), Answer(0.0, One("x" * 10_000, 1)), 0.0)
    assert names(answers, "abx") == "ab"


async def test_a_cache_of_many_rows_stays_within_its_bytes() -> None:
    store = Counting()
    await store.write([one(f"{n}", 1) for n in range(1000)])
    cache = CachedStore(store, Answers(60.0, 50_000))
    for start in range(0, 1000, 100):
        await cache.get_many(ONE, [(f"{n}",) for n in range(start, start + 100)])
        assert 25_000 < cache.answers._kept.bytes <= 50_000


def test_the_estimate_is_near_what_python_says() -> None:
    """Rows as they are read: each value an object of its own."""
    answers = kept(1 << 30)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for n in range(2000):
            group = f"group {n}"
            rows = tuple(
                Many(group, NOON + timedelta(seconds=n, hours=m), 1000 + n, f"text {n} {m}" * 3, uuid4(), True)
                for m in range(3)
            )
            answers.put(("slice", MANY, (group,), (), (), 30), Answer(float(n), rows), -1.0)
            answers.put(("row", ONE, (f"one {n}",)), Answer(float(n), One(f"name {n}", 1000 + n)), -1.0)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.8 < answers.bytes / (after - before) < 1.25


async def test_a_size_of_nothing_keeps_nothing() -> None:
    store = Counting()
    cache = CachedStore(store, Answers(60.0, 0))
    await cache.get(ONE, "a")
    await cache.get(ONE, "a")
    assert len(store.asked) == 2


async def test_no_row_is_an_answer_like_any_other() -> None:
    store = Counting()
    cache = CachedStore(store, Answers(60.0, 50_000))
    assert [await cache.get(ONE, "a"), await cache.get(ONE, "a")] == [None, None]
    assert len(store.asked) == 1
