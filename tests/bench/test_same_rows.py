"""The benchmark's reference writes what our projector writes: a ratio of different amounts of work says nothing."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import pytest

from bench.figures.develop import developed_records
from bench.figures.expand import developed_in_roll_records, placed_records
from bench.harness.stream import Encoded, Ids, an_id, likes, placements
from bench.reference.apply import Callback, ReferenceProjector
from bench.reference.folds import Row
from events.schema import all_schemas
from events.topics import key_bytes
from projections.catalog import all_tables, of_topic
from projections.store.memory import MemoryStore
from projections.store.table import Stamped, Table, Upsert
from tests.kit import MemoryRegistry, Worker, memory_codec, record, run
from tests.partitions import partition_of

TABLES: dict[str, Table] = {table.name: table for table in all_tables()}
IDS: Ids = {name: number + 1 for number, name in enumerate(all_schemas())}
SIZE = 150  # more than 64 changes of one set, so that it takes several rounds


class MemoryWriter:
    """The reference's writer, on the store in memory."""

    def __init__(self, store: MemoryStore):
        self._store = store

    def write(self, rows: list[Row], callback: Callback | None = None) -> None:
        stamped = [Stamped(Upsert(TABLES[table], columns, values), stamp) for table, columns, values, stamp in rows]
        run(self._store.write_together(stamped))
        if callback is not None:
            callback([])

    def pick(self, table: str, entity: Any, shard: int, ids: Iterable[Any], callback: Callback) -> None:
        rows = run(self._store.pick(TABLES[table], (entity, shard), list(ids)))
        columns = ("member", "beginning", "begun", "ended", "within", "times", "total", "latest", "position")
        callback([tuple(getattr(row, name) for name in columns) for row in rows])

    def settle(self) -> None: ...


def developing(chance: random.Random) -> Iterator[Encoded]:
    people = [an_id(chance) for _ in range(3)]
    return developed_records(IDS, [(chance.choice(people), an_id(chance)) for _ in range(SIZE)], chance)


def developing_in_rolls(chance: random.Random) -> Iterator[Encoded]:
    people, rolls = ([an_id(chance) for _ in range(3)] for _ in range(2))
    photos = [((chance.choice(people), an_id(chance)), chance.choice(rolls), an_id(chance)) for _ in range(SIZE // 2)]
    yield from placed_records(IDS, photos)
    yield from developed_in_roll_records(IDS, photos, chance)


STREAMS: dict[str, Callable[[random.Random], Iterator[Encoded]]] = {
    "placements": lambda chance: placements(IDS, chance, rolls=3),
    "likes": lambda chance: likes(IDS, chance, photos=5, people=40),
    "developed": developing,
    "developed in rolls": developing_in_rolls,
}


@pytest.mark.parametrize("stream", STREAMS)
def test_the_reference_and_the_projector_write_the_same_rows(stream: str) -> None:
    partitions: dict[int, list[Any]] = defaultdict(list)
    topic = ""
    for topic, key, value in islice(STREAMS[stream](random.Random(3)), SIZE):
        partition = partition_of(topic, key)
        offset = len(partitions[partition])
        partitions[partition].append(record(topic, partition, offset, key_bytes(key), value))
    ours, expected = MemoryStore(), MemoryStore()
    worker = Worker(ours, memory_codec())
    registry = MemoryRegistry()
    writer: Any = MemoryWriter(expected)
    reference = ReferenceProjector(topic, writer, lambda schema_id: asyncio.run(registry.schema(schema_id)))

    for piece in range(2):  # the second meets the rows of the first
        batches: dict[int, list[tuple[int, bytes]]] = {}
        for partition, records in partitions.items():
            half = records[: len(records) // 2] if piece == 0 else records[len(records) // 2 :]
            if half:
                run(worker.take_over(topic, partition))
                run(worker.fold(half))
                batches[partition] = [(each.offset, each.value) for each in half]
        reference.apply(batches)

    assert rows_of(ours) == rows_of(expected)
    assert {each.name for each in of_topic(topic)} <= {key[2] for key in rows_of(ours)["progress"]}


def rows_of(store: MemoryStore) -> dict[str, dict[Any, Any]]:
    """All cells, with their stamps; of `progress` only how far each projection is."""
    rows = {
        name: {(*partition, *clustering): cells for partition, of in table.items() for clustering, cells in of.items()}
        for name, table in store._tables.items()
    }
    return rows | {"progress": {key: {"offset": cells["offset"]} for key, cells in rows["progress"].items()}}
