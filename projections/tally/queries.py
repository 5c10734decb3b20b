"""Questions to tallies: is somebody in a set, who is in it by time, and how large are an entity's sets."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from events.ids import id_order
from events.topics import TOPICS, partition_of
from projections.buckets import some
from projections.catalog import PROJECTIONS
from projections.store.protocol import Store
from projections.tally.counts import COUNTS, Counts, summed
from projections.tally.tally import Listed, Member, Tally

T = TypeVar("T")
Key = tuple[datetime, UUID, UUID]  # begun, member, beginning: a beginning's place in its set's list
BY_KIND = {each.kind: each.name for each in PROJECTIONS if isinstance(each, Tally)}
NO_GENERATIONS: Mapping[str, int] = {}


async def together(reads: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of reads at once, in order; one alone isn't worth a task of its own, and many questions ask one."""
    waiting = list(reads)
    return [await waiting[0]] if len(waiting) == 1 else list(await asyncio.gather(*waiting))


def shard_of(tally: Tally, entity: UUID, member: UUID, keyed: UUID | None = None) -> int:
    """The shard of an entity's set that holds a member: the partition of the person whose facts feed the set.

    `keyed` is that person where the tally is keyed by neither of the two. ValueError if it isn't given then."""
    person = {"entity": entity, "member": member, "other": keyed}[tally.keyed_by]
    if person is None:
        raise ValueError(f"{tally.name} is keyed by neither entity nor member: say by whom")
    return partition_of(tally.topics[0], person)


async def beginnings(store: Store, tally: Tally, entity: UUID, member: UUID, keyed: UUID | None = None) -> list[Member]:
    """The live beginnings of a member in an entity's set, oldest first; empty if it isn't in it. See `shard_of`."""
    rows: list[Member] = await store.pick(tally.members, (entity, shard_of(tally, entity, member, keyed)), [member])
    return sorted((row for row in rows if row.live), key=lambda row: key_order_of(key_of(row)))


async def which(store: Store, tally: Tally, entity: UUID, members: Collection[UUID]) -> dict[UUID, list[Member]]:
    """The live beginnings of those of `members` that are in an entity's set, oldest first: one query a shard."""
    shards: dict[int, set[UUID]] = {}
    for member in members:
        shards.setdefault(shard_of(tally, entity, member), set()).add(member)
    return grouped(await together(store.pick(tally.members, (entity, s), m) for s, m in shards.items()))


def grouped(found: Iterable[Iterable[Member]]) -> dict[UUID, list[Member]]:
    """Live rows by member, oldest first."""
    live: dict[UUID, list[Member]] = {}
    for rows in found:
        for row in rows:
            if row.live:
                live.setdefault(row.member, []).append(row)
    for rows in live.values():
        rows.sort(key=lambda row: key_order_of(key_of(row)))
    return live


def key_of(row: Member | Listed) -> Key:
    """Where a beginning stands in its set's list; what a cursor keeps. ValueError if it hasn't begun."""
    if row.begun is None:
        raise ValueError(f"{row.beginning} hasn't begun")
    return row.begun, row.member, row.beginning


def key_order_of(key: Key) -> tuple[Any, ...]:
    """The order in which the list keeps its keys, as Cassandra compares them (there from the greatest down)."""
    begun, member, beginning = key
    return begun, id_order(member), id_order(beginning)


async def newest_members(
    store: Store, tally: Tally, entity: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Member]:
    """Who is in an entity's set, newest first, past the key `after`; each once.

    Whoever began twice without an end stands where he began first: a beginning that is added later doesn't move him
    out of a pass that is going on. `size`: about how many are read at a time. ValueError if the tally isn't listed."""
    candidates = by_time(store, tally, entity, after, size)
    while True:
        chunk = await some(candidates, size)
        for member in await checked(store, tally, entity, chunk):
            yield member
        if len(chunk) < size:
            return


async def checked(store: Store, tally: Tally, entity: UUID, candidates: Sequence[Listed]) -> list[Member]:
    """Those candidates that are their member's oldest live beginning."""
    shards: dict[int, set[UUID]] = {}
    for candidate in candidates:
        shards.setdefault(candidate.shard, set()).add(candidate.member)
    live = grouped(await together(store.pick(tally.members, (entity, s), m) for s, m in shards.items()))
    oldest = {(rows[0].member, rows[0].beginning): rows[0] for rows in live.values()}
    found = (oldest.get((candidate.member, candidate.beginning)) for candidate in candidates)
    return [row for row in found if row is not None]


async def by_time(
    store: Store, tally: Tally, entity: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Listed]:
    """The beginnings in a set, ended or not, newest first, past the key `after`: a merge of the set's shards."""
    if tally.listed is None:
        raise ValueError(f"{tally.name} isn't listed by time")
    if tally.keyed_by == "entity":
        shards: Sequence[int] = (partition_of(tally.topics[0], entity),)
    else:
        shards = range(TOPICS[tally.topics[0]].partitions)
        size = max(8, size // 4)  # of each shard: most pages take a few rows from each
    table = tally.listed
    heads = await together(store.slice(table, entity, shard, after=after, limit=size) for shard in shards)
    heap: list[tuple[Descending, int, int, list[Listed]]] = [
        (Descending(rows[0]), shard, 0, rows) for shard, rows in zip(shards, heads, strict=True) if rows
    ]
    heapq.heapify(heap)
    while heap:
        _, shard, index, rows = heap[0]
        yield rows[index]
        index += 1
        if index == len(rows) == size:
            rows = await store.slice(table, entity, shard, after=key_of(rows[-1]), limit=size)
            index = 0
        if index < len(rows):
            heapq.heapreplace(heap, (Descending(rows[index]), shard, index, rows))
        else:
            heapq.heappop(heap)


class Descending:
    """A row's place in a heap that gives the greatest key first."""

    __slots__ = ("order",)

    def __init__(self, row: Listed):
        self.order = key_order_of(key_of(row))

    def __lt__(self, other: "Descending") -> bool:
        return self.order > other.order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and self.order == other.order

    __hash__ = None  # type: ignore[assignment] - it stands for a place, and is only compared


async def counts_of(
    store: Store, entities: Sequence[UUID], generations: Mapping[str, int] = NO_GENERATIONS
) -> list[Counts]:
    """The sizes of all sets of each entity, in order. `generations` names each tally's live one, if it isn't 1."""
    live = {kind: generations.get(name, 1) for kind, name in BY_KIND.items()} if generations else NO_GENERATIONS
    found = await together(store.slice(COUNTS, entity) for entity in entities)
    return [summed(rows, live) for rows in found]
