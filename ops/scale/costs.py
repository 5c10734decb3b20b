"""What an event costs: bytes in the log, requests of its worker, and rows. The projections say it themselves: each
event's example (schemas/examples) is folded by them, alone, as the writer would."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from events.codec import SCHEMA_OF, Codec, key_of, topic_of
from events.generated import Event, PhotoAddedToRoll, PhotoLiked, UserFollowed
from events.ids import NIL
from events.json_form import from_json
from events.registry import UnknownSchema
from events.schema import EventSchema
from events.topics import key_bytes
from ops.partition_plan import CELL_BYTES, FIXED_BYTES, ROW_BYTES
from processors.handlers.constants import is_constant
from projections.catalog import of_topic
from projections.store.protocol import by_partition, text_size
from projections.store.table import Stamped, Upsert
from projections.tally.shard import Shard
from projections.tally.stamps import FIRST_FOLD
from projections.tally.tally import Change, Tally

RECORD_BYTES = 12  # of a record in a batch beside its key and value: lengths, offset, time
BEGINNINGS: Mapping[str, type[Event]] = {
    "placement_id": PhotoAddedToRoll,
    "like_id": PhotoLiked,
    "follow_id": UserFollowed,
}

Seen = dict[tuple[Any, ...], set[str]]  # the columns that were written, by table and key


@dataclass(frozen=True, slots=True)
class Written:
    """A row that an event writes.

    - `table`: the table's name; `own`: the tally whose shard's own row or count it is, empty for any other
    - `opened`: whether no event before wrote the row
    - `bytes`: of the columns that no event before wrote, with the row's key if it is opened
    """

    table: str
    own: str
    opened: bool
    bytes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What an event costs: bytes in the log (before compression), the worker's reads and writes, and its rows."""

    log_bytes: int
    reads: int
    writes: int
    rows: tuple[Written, ...]

    @property
    def requests(self) -> int:
        """The worker's requests to the database, where no other event shares them."""
        return self.reads + self.writes


def story(kinds: Collection[type[Event]]) -> list[Event]:
    """The examples of these types of event, in order; what ends or follows a beginning names the one that is there."""
    events = {kind: from_json(SCHEMA_OF[kind], SCHEMA_OF[kind].example()) for kind in kinds}
    return [named(event, events) for event in events.values()]


def named(event: Event, events: Mapping[type[Event], Event]) -> Event:
    """An event that names the beginning among these events that it is about."""
    fields = {name: events[kind].event_id for name, kind in BEGINNINGS.items() if hasattr(event, name)}
    return replace(event, **fields) if fields else event


def costs(kinds: Collection[type[Event]]) -> dict[type[Event], Cost]:
    """What each of these types costs, given in an order in which they can happen."""
    seen: Seen = {}
    codec = Codec(AnyId(), AnyKey())
    return {type(event): cost_of(event, codec, seen) for event in story(kinds)}


def cost_of(event: Event, codec: Codec, seen: Seen) -> Cost:
    """What an event costs behind those whose rows were seen; adds its own to these."""
    rows: list[Stamped] = []
    sets: dict[tuple[UUID, int], list[tuple[Tally, Change]]] = {}
    for each in of_topic(topic_of(type(event))):
        if type(event) not in each.events:
            continue
        if isinstance(each, Tally):
            for change in each(event):
                sets.setdefault((change.entity, each.shard(0, change.member)), []).append((each, change))
        else:
            rows += [Stamped(upsert, 0) for upsert in each(event, 0)]
    changing = [row for row in rows if not is_constant(row)]
    last = [row for row in rows if is_constant(row)]
    written = [row_of(row.upsert, "", seen) for row in rows]
    for (entity, shard), changes in sets.items():
        for tally, change in changes:
            members, count = folded(tally, entity, shard, change)
            last.append(count)
            written += [row_of(one.upsert, tally.name if is_own(one.upsert) else "", seen) for one in members]
            written.append(row_of(count.upsert, tally.name, seen))
    size = RECORD_BYTES + len(key_bytes(key_of(event))) + len(asyncio.run(codec.encode(event)))
    reads = sum(map(len, sets.values()))
    writes = len(by_partition(changing)) + len(sets) + len(by_partition(last))
    return Cost(size, reads, writes, tuple(written))


def folded(tally: Tally, entity: UUID, shard: int, change: Change) -> tuple[Sequence[Stamped], Stamped]:
    """The rows that a change writes to a set of which nothing is there, and its count's."""
    one = Shard(tally, entity=entity, shard=shard, rows=(), stamps=FIRST_FOLD)
    one.apply(change, 0)
    result = one.folded()
    return result.rows, result.count


def is_own(upsert: Upsert) -> bool:
    """Whether a row of a set is the shard's own, and no member's."""
    return "member" in upsert.columns and upsert["member"] == NIL


def row_of(upsert: Upsert, own: str, seen: Seen) -> Written:
    """A row as it is written behind those that were seen."""
    table = upsert.table
    key = (table.name, *(upsert[name] for name in table.key))
    opened = key not in seen
    there = seen.setdefault(key, set(table.key))
    size = sum(CELL_BYTES + stored_bytes(upsert[name]) for name in upsert.columns if name not in there)
    there.update(upsert.columns)
    if opened:
        size += ROW_BYTES + sum(stored_bytes(value) for value in key[1:])
    return Written(table.name, own, opened, size)


def stored_bytes(value: Any) -> int:
    """About how many bytes a value takes in a row."""
    return text_size(value) if isinstance(value, str) else FIXED_BYTES[type(value)]


class AnyId:
    """A registry for sizes: a schema's id takes four bytes, whichever it is."""

    async def id_of(self, schema: EventSchema) -> int:
        """See Registry."""
        return 1

    async def schema(self, schema_id: int) -> str:
        """See Registry. It has none to decode by."""
        raise UnknownSchema(f"schema {schema_id}: sizes are of what is encoded")


class AnyKey:
    """Keys for sizes: what is sealed is as long under any key."""

    async def many(self, people: Collection[UUID]) -> Mapping[UUID, bytes]:
        """See Keys."""
        return dict.fromkeys(people, bytes(32))
