"""Queries of tallies: whether somebody is in a set, who is in it by time, and how large an entity's sets are."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from events.ids import id_order
from events.topics import TOPICS, partition_of
from projections.buckets import next_items
from projections.store.protocol import Store
from projections.tally.counts import COUNTS, Counts, summed
from projections.tally.tally import Listed, Member, Tally

T = TypeVar("T")
ListKey = tuple[datetime, UUID, UUID]  # begun, member, beginning: the clustering key of a set's list


async def gather_reads(reads: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of reads that run at the same time, in order. A single read, a common case, costs no task."""
    pending = list(reads)
    return [await pending[0]] if len(pending) == 1 else list(await asyncio.gather(*pending))


def shard_of(tally: Tally, *, entity: UUID, member: UUID, keyed: UUID | None = None) -> int:
    """The shard of an entity's set that holds a member: the partition of the person whose facts feed the set.

    `keyed` is that person where the tally is keyed by neither of the two. Raises ValueError if it is missing then."""
    person = {"entity": entity, "member": member, "other": keyed}[tally.keyed_by]
    if person is None:
        raise ValueError(f"{tally.name} is keyed by neither entity nor member: say by whom")
    return partition_of(tally.topics[0], person)


async def live_beginnings(
    store: Store, tally: Tally, *, entity: UUID, member: UUID, keyed: UUID | None = None
) -> list[Member]:
    """The live beginnings of a member in an entity's set, oldest first; empty if it isn't in it. See `shard_of`."""
    shard = shard_of(tally, entity=entity, member=member, keyed=keyed)
    return by_member([await store.pick(tally.members, (entity, shard), [member])]).get(member, [])


async def live_beginnings_by_member(
    store: Store, tally: Tally, entity: UUID, members: Iterable[UUID]
) -> dict[UUID, list[Member]]:
    """The live beginnings of those of `members` that are in an entity's set, oldest first."""
    where = ((shard_of(tally, entity=entity, member=member), member) for member in members)
    return await picked_by_member(store, tally, entity, where)


async def picked_by_member(
    store: Store, tally: Tally, entity: UUID, where: Iterable[tuple[int, UUID]]
) -> dict[UUID, list[Member]]:
    """The live beginnings of members, each given with its shard, oldest first: one request."""
    members = dict[UUID, None]()
    partitions = dict[tuple[UUID, int], None]()
    for shard, member in where:
        members[member] = partitions[entity, shard] = None
    if not members:
        return {}
    return by_member([await store.pick_many(tally.members, list(partitions), list(members))])


def by_member(found: Iterable[Iterable[Member]]) -> dict[UUID, list[Member]]:
    """Live rows by member, oldest first."""
    live: dict[UUID, list[Member]] = {}
    for rows in found:
        for row in rows:
            if row.live:
                live.setdefault(row.member, []).append(row)
    for rows in live.values():
        rows.sort(key=lambda row: list_order(list_key(row)))
    return live


def list_key(row: Member | Listed) -> ListKey:
    """The key of a beginning in its set's list, which cursors keep. Raises ValueError if it hasn't begun."""
    if row.begun is None:
        raise ValueError(f"{row.beginning} hasn't begun")
    return row.begun, row.member, row.beginning


def list_order(key: ListKey) -> tuple[Any, ...]:
    """The order of a list's keys, as Cassandra compares them: the list runs from the greatest down."""
    begun, member, beginning = key
    return begun, id_order(member), id_order(beginning)


async def newest_members(
    store: Store, tally: Tally, entity: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Member]:
    """Who is in an entity's set, newest first, past the key `after`; every member once.

    A member with two live beginnings is at the place of the older one: a beginning that is added between two pages
    doesn't move it to a page that was read before. `size`: about how many are read at a time.

    Raises ValueError if the tally isn't listed."""
    candidates = newest_beginnings(store, tally, entity, after, size)
    while True:
        chunk = await next_items(candidates, size)
        for member in await oldest_live(store, tally, entity, chunk):
            yield member
        if len(chunk) < size:
            return


async def oldest_live(store: Store, tally: Tally, entity: UUID, candidates: Sequence[Listed]) -> list[Member]:
    """Those candidates that are their member's oldest live beginning, in the same order."""
    live = await picked_by_member(store, tally, entity, ((row.shard, row.member) for row in candidates))
    oldest = {(rows[0].member, rows[0].beginning): rows[0] for rows in live.values()}
    found = (oldest.get((candidate.member, candidate.beginning)) for candidate in candidates)
    return [row for row in found if row is not None]


async def newest_beginnings(
    store: Store, tally: Tally, entity: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Listed]:
    """The beginnings in a set, ended or not, newest first, past the key `after`: a merge of the set's shards.

    Raises ValueError if the tally isn't listed."""
    if tally.listed is None:
        raise ValueError(f"{tally.name} isn't listed by time")
    if tally.keyed_by == "entity":
        shards: Sequence[int] = (partition_of(tally.topics[0], entity),)
    else:
        shards = range(TOPICS[tally.topics[0]].partitions)
        size = max(8, size // 4)  # of each shard: most pages take a few rows from each
    table = tally.listed
    heads = await gather_reads(store.slice(table, entity, shard, after=after, limit=size) for shard in shards)
    heap: list[tuple[Descending, int, int, list[Listed]]] = [
        (Descending(rows[0]), shard, 0, rows) for shard, rows in zip(shards, heads, strict=True) if rows
    ]
    heapq.heapify(heap)
    while heap:
        _, shard, index, rows = heap[0]
        yield rows[index]
        index += 1
        if index == len(rows) == size:
            rows = await store.slice(table, entity, shard, after=list_key(rows[-1]), limit=size)
            index = 0
        if index < len(rows):
            heapq.heapreplace(heap, (Descending(rows[index]), shard, index, rows))
        else:
            heapq.heappop(heap)


class Descending:
    """A row's order in a heap that gives the greatest key first."""

    __slots__ = ("order",)

    def __init__(self, row: Listed):
        self.order = list_order(list_key(row))

    def __lt__(self, other: "Descending") -> bool:
        return self.order > other.order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and self.order == other.order

    __hash__ = None  # type: ignore[assignment] - it is only compared


async def counts_of(store: Store, entities: Sequence[UUID]) -> list[Counts]:
    """The sizes of all sets of each entity, in order."""
    return [summed(rows) for rows in await gather_reads(store.slice(COUNTS, entity) for entity in entities)]
