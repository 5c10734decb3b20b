"""The rows of a table, once events are folded as the workers fold them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from events.generated import Event
from projections.store.memory import MemoryStore
from projections.store.table import Table
from projections.tally.counts import COUNTS, Count
from projections.tally.tally import Member, Tally
from tests.kit import folded, run

# The partitions that hold these people's facts, in each topic: murmur2 of the id, modulo 8.
OF_ADA, OF_BO, OF_CY = 6, 7, 2


async def stored(*events: Event) -> MemoryStore:
    """A store with everything that these events, in this order, fold to."""
    store = MemoryStore()
    await folded(store, events)
    return store


def store_of(*events: Event) -> MemoryStore:
    """The same, for tests that aren't async."""
    return run(stored(*events))


def rows(table: Table, *events: Event) -> set[Any]:
    """A table's rows, whole, when these events are folded."""
    return all_rows(store_of(*events), table)


def all_rows(store: MemoryStore, table: Table) -> set[Any]:
    """Every row of a table."""
    kept = store.dump().get(table.name, {})
    return {table.row(**dict(zip(table.key, key, strict=True)), **columns) for key, columns in kept.items()}


def set_of(tally: Tally, *events: Event) -> set[Member]:
    """A tally's beginnings, without when their roles were given: members' own rows are left out, and the shards'."""
    beginnings = (row for row in rows(tally.members, *events) if row.position is None and row.within is None)
    return {replace(row, role_at=None) for row in beginnings}


def own_rows(tally: Tally, *events: Event) -> set[Member]:
    """The members' own rows."""
    return {row for row in rows(tally.members, *events) if row.within is not None}


def shard_rows(tally: Tally, *events: Event) -> set[Member]:
    """The rows that hold the shards' own columns."""
    return {row for row in rows(tally.members, *events) if row.position is not None}


def list_of(tally: Tally, *events: Event) -> set[Any]:
    """The rows of a tally's list by time."""
    assert tally.listed is not None
    return rows(tally.listed, *events)


def counts_of_kind(kind: str, *events: Event) -> set[Count]:
    """The rows of `counts` of one kind."""
    return {row for row in rows(COUNTS, *events) if row.kind == kind}


def milliseconds(at: datetime) -> int:
    """A time as counts keep it."""
    return round(at.timestamp() * 1000)
