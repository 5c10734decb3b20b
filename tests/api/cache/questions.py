"""The six reads of a store, as questions for what is newest under some names; and what is built of two of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api.cache.sizes import Made
from api.cache.store import CachedStore
from projections.store.protocol import Store
from tests.api.cache.rows import MANY, NOON, ONE

BUILT = Made("built")
Newest = dict[str, int]  # the last offset that an answer shows, by name; -1: none


async def got(store: Store, names: Sequence[str]) -> Newest:
    return {name: row.version if (row := await store.get(ONE, name)) else -1 for name in names}


async def got_many(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.get_many(ONE, [(name,) for name in names])
    return {name: row.version if row else -1 for name, row in zip(names, rows, strict=True)}


async def sliced(store: Store, names: Sequence[str]) -> Newest:
    return {name: newest(await store.slice(MANY, name, limit=1)) for name in names}


async def sliced_many(store: Store, names: Sequence[str]) -> Newest:
    parts = await store.slice_many(MANY, [(name,) for name in names], limit=1)
    return dict(zip(names, map(newest, parts), strict=True))


async def merged(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.merge_slices(MANY, [(name,) for name in sorted(set(names))])
    return {name: newest([row for row in rows if row.group == name]) for name in names}


async def picked(store: Store, names: Sequence[str]) -> Newest:
    rows = await store.pick_many(
        MANY, [(name,) for name in sorted(set(names))], [NOON + timedelta(hours=n) for n in range(40)]
    )
    return {name: newest([row for row in rows if row.group == name]) for name in names}


class Sized(dict[str, int]):
    """The newest under some names, with a size."""

    size = 100


async def built(store: CachedStore, names: Sequence[str]) -> Newest:
    """Of a row and a list the older one: what is built is as old as the oldest of what it is built of."""

    async def build(store: Store) -> Newest:
        rows, listed = await got(store, names), await sliced_many(store, names)
        return Sized({name: min(rows[name], listed[name]) for name in names})

    return await store.built(("built", BUILT, *names), build, lasting=0.4)


def newest(rows: Sequence[Any]) -> int:
    return max((row.number for row in rows), default=-1)


QUESTIONS = (got, got_many, sliced, sliced_many, merged, picked, built)
