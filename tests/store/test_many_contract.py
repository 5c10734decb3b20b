"""A read of many keys gives what reads of the single keys give, on all stores and for tables of every kind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.ids import NIL, derived_id, key_order
from projections.store.memory import MemoryStore
from projections.store.protocol import KEYS_A_REQUEST, Store
from projections.store.table import Stamped, Table, clustering_key
from tests.store.conftest import On
from tests.store.tables import FEED, KEYED, LISTS, SHARDED

Key = tuple[Any, ...]
NOON = datetime(2026, 6, 19, 12, tzinfo=UTC)
RUN, WORLDS = uuid4(), count()  # partitions of a history of its own for each example


# What sorts otherwise in Cassandra than one may think: ids by version first, texts by their bytes in UTF-8.
VALUES: dict[type, list[Any]] = {
    UUID: [NIL, *(UUID(int=n << 100 | version << 76 | 2 << 62) for version in (4, 5, 7) for n in (1, 9))],
    str: ["", "a", "ab", "b", "é", "\uffff", "\N{CAMERA}"],
    int: [-(2**40), -1, 0, 1, 2**40],
    datetime: [NOON + timedelta(milliseconds=n) for n in (-(2**41), 0, 1, 2)] + [NOON + timedelta(microseconds=2_700)],
}


@dataclass(frozen=True)
class Example:
    """A table's rows, and what is asked of it."""

    table: Table
    rows: list[Stamped]
    keys: list[Key]
    partitions: list[Key]
    firsts: list[Any]
    after: Key
    upto: Key
    limit: int


def owners(kind: type) -> list[Any]:
    """Three that no other example has."""
    world = next(WORLDS)
    return [derived_id(RUN, world, n) if kind is UUID else f"{RUN} {world} {n}" for n in range(3)]


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Few values of each column, so that many keys share some of them; most of what is asked for is there."""
    of = draw(st.sampled_from([KEYED, *LISTS]))
    values = {name: draw(st.lists(st.sampled_from(VALUES[of.types[name]]), min_size=2, max_size=3)) for name in of.key}
    values["owner"] = owners(of.types["owner"])

    def some(columns: Sequence[str]) -> st.SearchStrategy[Key]:
        return st.tuples(*(st.sampled_from(values[name]) for name in columns))

    rows = draw(st.lists(some(of.key), min_size=8, max_size=40))
    bounds = [of.clustering[: draw(st.integers(0, len(of.clustering)))] for _ in range(2)]
    return Example(
        of,
        [Stamped(of.upsert(**dict(zip(of.key, key, strict=True)), value=n), n + 1) for n, key in enumerate(rows)],
        draw(st.lists(some(of.key), min_size=1, max_size=12)),
        draw(st.lists(some(of.partition), min_size=1, max_size=6)),
        [first for (first,) in draw(st.lists(some(of.clustering[:1]), max_size=3))] if of.clustering else [],
        draw(some(bounds[0])),
        draw(some(bounds[1])),
        draw(st.sampled_from([1, 2, 3, 5, 1000])),
    )


def sort_keys(table: Table, rows: Sequence[Any]) -> list[Key]:
    """Rows' clustering keys, as they sort."""
    return [key_order(clustering_key(table, row)) for row in rows]


def among(rows: Sequence[Any], all_rows: Sequence[Any]) -> bool:
    """Whether each of the rows is one of all, no more often than there."""
    return Counter(rows) <= Counter(all_rows)


async def check(store: Store, example: Example) -> None:
    """Compares what the store reads of many keys with what it, and the one in memory, reads of each."""
    memory, of = MemoryStore(), example.table
    bounds: dict[str, Any] = {"after": example.after, "upto": example.upto}
    await memory.write(example.rows)
    await store.write(example.rows)
    assert await store.get_many(of, example.keys) == [await memory.get(of, *key) for key in example.keys]
    if not of.clustering:
        return
    found = await store.slice_many(of, example.partitions, **bounds, limit=example.limit)
    assert found == [await memory.slice(of, *each, **bounds, limit=example.limit) for each in example.partitions]
    assert found == [await store.slice(of, *each, **bounds, limit=example.limit) for each in example.partitions]

    different = dict.fromkeys(example.partitions)
    together = list(chain(*[await memory.slice(of, *each, **bounds) for each in different]))
    merged = await store.merge_slices(of, example.partitions, **bounds, limit=example.limit)
    expected = sorted(sort_keys(of, together), reverse=of.descending)[: example.limit]
    assert sort_keys(of, merged) == expected
    assert among(merged, together)  # which of several with one clustering key is open

    picked = await store.pick_many(of, example.partitions, example.firsts)
    singly = [await memory.pick(of, each, example.firsts) for each in different]
    assert Counter(picked) == Counter(chain(*singly))


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(example=examples())
def test_many_keys_are_read_as_each_of_them_is(on: On, example: Example) -> None:
    on(lambda store: check(store, example))


def test_more_keys_than_one_request_takes_are_read_too(on: On) -> None:
    of, number = FEED, 2 * KEYS_A_REQUEST + 30

    async def scenario(store: Store) -> None:
        people = [uuid4() for _ in range(number)]
        keyed = [Stamped(KEYED.upsert(owner=person, value=n), 1) for n, person in enumerate(people)]
        rows = [
            of.upsert(owner=person, bucket="a", at=NOON + timedelta(minutes=n, hours=hour), item=NIL, value=n)
            for n, person in enumerate(people)
            for hour in (0, 24)
        ]
        await store.write([*keyed, *(Stamped(row, 1) for row in rows)])
        asked = [*reversed(people), uuid4(), *people[:7]]
        numbers = [*reversed(range(number)), None, *range(7)]
        found = await store.get_many(KEYED, [(person,) for person in asked])
        assert [row and row.value for row in found] == numbers

        partitions = [(person, "a") for person in asked]
        slices = await store.slice_many(of, partitions, limit=1)
        assert [[row.value for row in rows] for rows in slices] == [[] if n is None else [n] for n in numbers]
        newest = await store.merge_slices(of, partitions, limit=number + 5)
        assert [row.value for row in newest] == [*reversed(range(number)), *range(number - 1, number - 6, -1)]
        picked = await store.pick_many(of, partitions, {NOON, NOON + timedelta(minutes=number - 1, hours=24)})
        assert sorted(row.value for row in picked) == [0, number - 1]

    on(scenario)


def test_the_rows_of_several_requests_are_merged_in_the_databases_order(on: On) -> None:
    """Ids sort by their version first."""

    async def scenario(store: Store) -> None:
        partitions = [(0, uuid4()), (1, uuid4())]
        low, high = UUID(int=9 << 100 | 4 << 76 | 2 << 62), UUID(int=1 << 100 | 5 << 76 | 2 << 62)
        for (shard, owner), member in zip(partitions, (high, low), strict=True):
            await store.write([Stamped(SHARDED.upsert(shard=shard, owner=owner, member=member, at=NOON), 1)])
        assert [row.member for row in await store.merge_slices(SHARDED, partitions)] == [low, high]
        assert [row.member for row in await store.merge_slices(SHARDED, partitions, limit=1)] == [low]

    on(scenario)


def test_nothing_is_read_of_no_keys(on: On) -> None:
    async def scenario(store: Store) -> None:
        of = FEED
        assert await store.get_many(of, []) == []
        assert await store.slice_many(of, []) == []
        assert await store.merge_slices(of, []) == []
        assert await store.pick_many(of, [], {NOON}) == []
        assert await store.pick_many(of, [(NIL, "a")], ()) == []

    on(scenario)
