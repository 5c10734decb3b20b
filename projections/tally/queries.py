"""Queries of tallies: whether somebody is in a set, who is in it by time, and how large an entity's sets are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.topics import Partitioning
from projections.projection import GENERATION
from projections.store.protocol import Store
from projections.tally.counts import COUNTS, EVERY_ROW, Count, Counts, summed
from projections.tally.own import Own, live_of
from projections.tally.tally import Listed, Member, Tally

FEW_SHARDS = 16  # that are asked at once, without asking first in which there is anything


@dataclass(frozen=True, slots=True)
class Belonging:
    """How a member stands to a set.

    - `live`: the beginnings by which it is in the set, oldest first
    - `times`: how often it began, in all
    - `latest`: when it last did, in milliseconds since 1970; 0 if it never did
    """

    live: Sequence[Member] = ()
    times: int = 0
    latest: int = 0


@dataclass(frozen=True, slots=True)
class Newest:
    """A stretch of a set's list, the newest first.

    - `rows`: all beginnings that were looked at, ended or not; the next stretch begins after the last of them
    - `members`: those of them that are their member's oldest live one, by the beginning's id
    """

    rows: Sequence[Listed]
    members: Mapping[UUID, Member]


def shard_of(tally: Tally, partitioning: Partitioning, *, entity: UUID, member: UUID, keyed: UUID | None = None) -> int:
    """The shard of an entity's set that holds a member: it follows from the person whose facts feed the set.

    `keyed` is that person where the tally is keyed by neither of the two. Raises ValueError if it is missing then."""
    person = {"entity": entity, "member": member, "other": keyed}[tally.keyed_by]
    if person is None:
        raise ValueError(f"{tally.name} is keyed by neither entity nor member: say by whom")
    return tally.shard(partitioning.of(tally.topics[0], person), member)


async def live_shards(store: Store, tally: Tally, entity: UUID) -> list[int]:
    """The shards of an entity's set that may have live members.

    Few are simply all; of many, a request to `counts` tells which. Raises StoreUnavailable."""
    shards = tally.shards(store.partitioning, entity)
    if len(shards) <= FEW_SHARDS:
        return list(shards)
    return sorted(row.shard for row in await counted_shards(store, tally, entity))


async def counted_shards(store: Store, tally: Tally, entity: UUID) -> list[Count]:
    """The counts of an entity's shards that have live members."""
    rows: list[Count] = await store.slice(COUNTS, entity, limit=EVERY_ROW)
    return [row for row in rows if row.kind == tally.name and row.generation == GENERATION and row.total]


async def belonging(store: Store, tally: Tally, *, entity: UUID, member: UUID, keyed: UUID | None = None) -> Belonging:
    """How a member stands to an entity's set. One row is read, however often it began. See `shard_of`."""
    shard = shard_of(tally, store.partitioning, entity=entity, member=member, keyed=keyed)
    rows: list[Member] = await store.pick(tally.members, (entity, shard), [member])
    for row in rows:
        if row.own:
            return belonging_by(row)
    return Belonging()


async def live_beginnings(
    store: Store, tally: Tally, *, entity: UUID, member: UUID, keyed: UUID | None = None
) -> Sequence[Member]:
    """The live beginnings of a member in an entity's set, oldest first; empty if it isn't in it. See `shard_of`."""
    return (await belonging(store, tally, entity=entity, member=member, keyed=keyed)).live


async def belonging_by_member(
    store: Store, tally: Tally, entity: UUID, members: Iterable[UUID]
) -> dict[UUID, Belonging]:
    """How those of `members` who ever began stand to an entity's set. One request, and a row of each."""
    wanted = list(dict.fromkeys(members))
    shards = {shard_of(tally, store.partitioning, entity=entity, member=member) for member in wanted}
    return await picked_by_member(store, tally, entity, shards, wanted)


async def live_beginnings_by_member(
    store: Store, tally: Tally, entity: UUID, members: Iterable[UUID]
) -> dict[UUID, Sequence[Member]]:
    """The live beginnings of those of `members` that are in an entity's set, oldest first. One request."""
    found = await belonging_by_member(store, tally, entity, members)
    return {member: each.live for member, each in found.items() if each.live}


async def picked_by_member(
    store: Store, tally: Tally, entity: UUID, shards: Iterable[int], members: Collection[UUID]
) -> dict[UUID, Belonging]:
    """How members, whose shards these are, stand to an entity's set; without those who never began."""
    rows: list[Member] = await store.pick_many(tally.members, [(entity, shard) for shard in sorted(shards)], members)
    return {row.member: belonging_by(row) for row in rows if row.own}


def belonging_by(row: Member) -> Belonging:
    """How a member stands to a set, by its own row."""
    own = Own.read(row)
    return Belonging(live_of(row), own.times, own.latest)


async def live_in_each(store: Store, tally: Tally, entities: Iterable[UUID], member: UUID) -> dict[UUID, list[Member]]:
    """The live beginnings of a member in those of the entities' sets that it is in, oldest first.

    One request if the tally is keyed by the member, who has the same shard in each; otherwise one for each entity."""
    places = [
        (entity, shard_of(tally, store.partitioning, entity=entity, member=member))
        for entity in dict.fromkeys(entities)
    ]
    rows: list[Member] = await store.pick_many(tally.members, places, [member])
    found: dict[UUID, list[Member]] = {}
    for row in rows:
        if row.own and (live := live_of(row)):
            found[row.entity] = live
    return found


async def newest_members(
    store: Store, tally: Tally, entity: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> Newest:
    """The newest `size` beginnings in an entity's set past the key `after`, and who is in the set by them.

    Fewer rows than `size` mean that there are no more. A member with two live beginnings is at the place of the older
    one: a beginning that is added between two pages doesn't move it to a page that was read before.

    Two requests where the set has few shards; otherwise one more, to `counts`, and no shards are read that can't have
    any of the rows. Raises StoreUnavailable; ValueError if the tally isn't listed."""
    if tally.listed is None:
        raise ValueError(f"{tally.name} isn't listed by time")
    shards: Sequence[int] = tally.shards(store.partitioning, entity)
    if len(shards) > FEW_SHARDS:
        shards = shards_of_newest(await counted_shards(store, tally, entity), after=after, size=size)
    places = [(entity, shard) for shard in shards]
    rows: list[Listed] = await store.merge_slices(tally.listed, places, after=after, limit=size)
    who = list(dict.fromkeys(row.member for row in rows))
    live = await picked_by_member(store, tally, entity, {row.shard for row in rows}, who) if rows else {}
    oldest = {each.live[0].beginning: each.live[0] for each in live.values() if each.live}
    return Newest(rows, {row.beginning: oldest[row.beginning] for row in rows if row.beginning in oldest})


def shards_of_newest(counts: Sequence[Count], *, after: tuple[Any, ...], size: int) -> list[int]:
    """Those of some shards in which the newest `size` beginnings past `after` are.

    A shard's `latest` is the time of its newest beginning. So `size` shards with the newest `latest` have `size` rows
    that no other shard's row is newer than. Past `after`, that is so of those whose `latest` is before it; all others
    may have rows past it."""
    bound = int(after[0].timestamp() * 1000) if after else None
    latest = sorted((row.latest or 0 for row in counts if bound is None or (row.latest or 0) < bound), reverse=True)
    enough = latest[size - 1] if len(latest) >= size else 0
    return sorted(row.shard for row in counts if (row.latest or 0) >= enough)


async def counts_of(store: Store, entities: Sequence[UUID]) -> list[Counts]:
    """The sizes of all sets of each entity, in order. One request."""
    places = [(entity,) for entity in entities]
    return [summed(rows) for rows in await store.slice_many(COUNTS, places, limit=EVERY_ROW)]
