"""How many requests a read of many keys costs, and what each of them asks for."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from projections.store.groups import Group, OwnerOf, groups_of
from projections.store.many import ReadsOfMany
from projections.store.protocol import KEYS_A_REQUEST
from projections.store.table import Table
from tests.store.tables import FEED, KEYED

pytestmark = pytest.mark.anyio


def test_keys_that_differ_in_one_column_are_one_group_whichever_that_is() -> None:
    assert groups_of([(1,), (2,), (3,)]) == [Group(([1, 2, 3],), 0)]
    assert groups_of([("a", 1), ("a", 2)]) == [Group(("a", [1, 2]), 1)]
    assert groups_of([("a", 1), ("b", 1)]) == [Group((["a", "b"], 1), 0)]
    assert groups_of([("a", 1, "x"), ("a", 2, "x")]) == [Group(("a", [1, 2], "x"), 1)]


def test_keys_that_differ_in_several_columns_are_as_few_groups_as_one_list_makes() -> None:
    keys = [("a", 1), ("b", 1), ("c", 2)]
    assert groups_of(keys) == [Group((["a", "b"], 1), 0), Group(("c", 2))]
    keys = [(1, "x", n) for n in range(3)] + [(2, "y", n) for n in range(3)]
    assert groups_of(keys) == [Group((1, "x", [0, 1, 2]), 2), Group((2, "y", [0, 1, 2]), 2)]


def test_one_key_is_asked_for_by_itself() -> None:
    """A node that is asked for one partition may have it; `IN` with one value is sent to any."""
    assert groups_of([("a", 1), ("a", 1)]) == [Group(("a", 1))]


def test_a_group_has_at_most_so_many_keys_and_each_of_them_once() -> None:
    keys = [("a", n % 250) for n in range(1000)]
    groups = groups_of(keys)
    assert [len(group.values[1]) for group in groups] == [KEYS_A_REQUEST, KEYS_A_REQUEST, 50]
    assert [n for group in groups for n in group.values[1]] == list(range(250))
    assert [group.values for group in groups_of(keys[:5], size=2)] == [("a", [0, 1]), ("a", [2, 3]), ("a", 4)]


def test_no_keys_are_no_group() -> None:
    assert groups_of([]) == []
    assert groups_of([], lambda _: "node") == []


def test_each_node_is_asked_for_its_own_keys() -> None:
    groups = groups_of([(n,) for n in range(5)], lambda key: f"node {key[0] % 2}")
    assert groups == [Group(([0, 2, 4],), 0, "node 0"), Group(([1, 3],), 0, "node 1")]


class Requests:
    """Reads whose requests are noted, and answered with nothing."""

    def __init__(self, owner_of: OwnerOf | None = None) -> None:
        self.made: list[tuple[str, tuple[Any, ...], Any]] = []
        self._owner_of = owner_of
        self.reads = ReadsOfMany(self._select, self._owners)

    async def _select(
        self, table: Table, where: str, values: tuple[Any, ...], end: str = "", node: Any = None
    ) -> list[Any]:
        self.made.append((where + end, values, node))
        return []

    async def _owners(self, _: Table) -> OwnerOf | None:
        return self._owner_of


Read = Callable[[ReadsOfMany, list[tuple[Any, ...]]], Awaitable[Any]]
READS: dict[str, Read] = {
    "get_many": lambda reads, keys: reads.get_many(KEYED, [key[:1] for key in keys]),
    "slice_many": lambda reads, keys: reads.slice_many(FEED, keys),
    "merge_slices": lambda reads, keys: reads.merge_slices(FEED, keys),
    "pick_many": lambda reads, keys: reads.pick_many(FEED, keys, {uuid4()}),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(("keys", "requests"), [(0, 0), (1, 1), (30, 1), (100, 1), (101, 2), (250, 3)])
async def test_a_read_is_one_request_for_every_hundred_keys(read: str, keys: int, requests: int) -> None:
    noted = Requests()
    await READS[read](noted.reads, [(uuid4(), "2026-06-19") for _ in range(keys)] * 2)
    assert len(noted.made) == requests


@pytest.mark.parametrize("read", READS)
async def test_where_nodes_have_keys_of_their_own_each_is_asked_once(read: str) -> None:
    noted = Requests(lambda key: key[0].int % 3)
    await READS[read](noted.reads, [(uuid4(), "2026-06-19") for _ in range(90)])
    assert sorted(node for _, _, node in noted.made) == [0, 1, 2]


async def test_what_the_requests_say() -> None:
    one, two = uuid4(), uuid4()
    noted = Requests()
    await noted.reads.slice_many(FEED, [(one, "a"), (two, "a")], limit=5)
    await noted.reads.merge_slices(FEED, [(one, "a"), (one, "b")], limit=5)
    order = "at DESC, item DESC"
    assert noted.made == [
        (" AND owner IN ? AND bucket = ? PER PARTITION LIMIT ?", ([one, two], "a", 5), None),
        (
            f" AND owner = ? AND bucket IN ? ORDER BY {order} PER PARTITION LIMIT ? LIMIT ?",
            (one, ["a", "b"], 5, 5),
            None,
        ),
    ]
