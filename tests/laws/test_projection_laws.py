"""The laws that every projection keeps, over the list of them all: a new one is covered the day it is listed."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.codec import key_of
from events.generated import EVENTS, Event
from events.ids import NIL
from events.json_form import from_json
from events.schema import all_schemas
from events.topics import FACTS, Partitioning, even
from processors.catalog import every_table
from projections.catalog import PROJECTIONS, of_topic
from projections.progress import progress_rows
from projections.projection import GENERATION, Projection
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from projections.tally.counts import COUNTS, summed
from projections.tally.queries import shard_of
from projections.tally.tally import Tally
from tests.histories import histories
from tests.kit import MemoryLog, Worker, answers, cut

pytestmark = pytest.mark.anyio

EXAMPLES = [from_json(schema, schema.example()) for schema in all_schemas().values()]
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
topics = pytest.mark.parametrize("topic", FACTS)
divided = pytest.mark.parametrize("partitioning", [even(3), even(8)], ids=lambda each: f"{each['photos']} partitions")


async def clean(history: Sequence[Event], partitioning: Partitioning) -> tuple[MemoryLog, dict[str, Any]]:
    """A history's log, so divided, and the tables that folding it once, an event at a time, gives."""
    log = MemoryLog(partitioning=partitioning)
    await log.append(*history)
    store = MemoryStore(partitioning)
    worker = Worker(store, log.codec, log=log)
    await worker.fold_all(log, size=1)
    assert worker.letters == []
    return log, answers(store)


class StalledStore:
    """A store whose writer stalls: it reads, and what it writes stays on the way until it is released."""

    def __init__(self, store: MemoryStore):
        self._store, self._held = store, list[Sequence[Stamped]]()
        self.get, self.slice, self.pick, self.outages = store.get, store.slice, store.pick, 0
        self.get_many, self.slice_many, self.merge_slices = store.get_many, store.slice_many, store.merge_slices
        self.pick_many, self.nodes = store.pick_many, store.nodes
        self.partitioning = store.partitioning

    async def write(self, rows: Sequence[Stamped]) -> None:
        self._held.append(rows)

    write_together = write

    async def release(self) -> None:
        for rows in self._held:
            await self._store.write(rows)


@topics
@divided
@often
@given(data=st.data())
async def test_folding_from_any_earlier_offset_again_changes_nothing(
    topic: str, partitioning: Partitioning, data: st.DataObject
) -> None:
    history = data.draw(histories(topic))
    sizes = [data.draw(st.integers(1, 9)) for _ in range(2)]
    backs = data.draw(st.lists(st.integers(0, 24), min_size=1, max_size=3))
    log, expected = await clean(history, partitioning)
    store = MemoryStore(partitioning)
    for (_, partition), records in log.partitions.items():
        for back in (len(records), *backs):  # each time `progress` was lost, and is `back` records behind
            worker = Worker(store, log.codec, log=log)
            store._tables.get("progress", {}).pop((topic, partition), None)
            names = [(each.name, GENERATION) for each in of_topic(topic)]
            await store.write(progress_rows(topic, partition, names, offset=max(0, len(records) - back)))
            begin = await worker.take_over(topic, partition)
            for batch in cut(records[begin:], sizes[back % 2]):
                await worker.fold(batch)
    assert answers(store) == expected


@topics
@divided
@often
@given(data=st.data())
async def test_partitions_may_be_folded_in_any_order(
    topic: str, partitioning: Partitioning, data: st.DataObject
) -> None:
    history = data.draw(histories(topic))
    seed = data.draw(st.integers(0, 1000))
    log, expected = await clean(history, partitioning)
    store = MemoryStore(partitioning)
    worker = Worker(store, log.codec, log=log)
    chooser = random.Random(seed)
    left = {place: list(records) for place, records in log.partitions.items()}
    for place in left:
        await worker.take_over(*place)
    while left:
        place = chooser.choice(sorted(left))
        size = chooser.randint(1, 4)
        await worker.fold(left[place][:size])
        left[place] = left[place][size:]
        if not left[place]:
            del left[place]
    assert answers(store) == expected


@topics
@divided
@often
@given(data=st.data())
async def test_a_stalled_writers_batch_changes_nothing_when_it_arrives(
    topic: str, partitioning: Partitioning, data: st.DataObject
) -> None:
    history = data.draw(histories(topic))
    seed = data.draw(st.integers(0, 1000))
    log, expected = await clean(history, partitioning)
    store = MemoryStore(partitioning)
    chooser = random.Random(seed)
    for (_, partition), records in log.partitions.items():
        first = chooser.randint(0, len(records))
        stalls = chooser.randint(first, len(records))
        wakes = chooser.randint(first, len(records))
        owner = Worker(store, log.codec, log=log)
        await owner.take_over(topic, partition)
        await owner.fold(records[:first])
        slow = StalledStore(store)
        stalled = Worker(slow, log.codec, log=log)
        begin = await stalled.take_over(topic, partition)
        await stalled.fold(records[begin:stalls])
        for batch in cut(records[first:wakes], 2):
            await owner.fold(batch)
        await slow.release()
        for batch in cut(records[wakes:], 3):
            await owner.fold(batch)
    assert answers(store) == expected


@topics
@divided
@often
@given(data=st.data())
async def test_a_count_is_the_size_of_its_set(topic: str, partitioning: Partitioning, data: st.DataObject) -> None:
    history = data.draw(histories(topic))
    log, tables = await clean(history, partitioning)
    store = MemoryStore(partitioning)
    await Worker(store, log.codec, log=log).fold_all(log)
    for tally in (each for each in of_topic(topic) if isinstance(each, Tally)):
        alive: dict[Any, set[Any]] = {}
        for (entity, _, _, member), row in tables.get(tally.name, {}).items():
            if member != NIL:
                alive.setdefault(entity, set())
                if row.get("begun") is not None and not row.get("ended"):
                    alive[entity].add(member)
        for entity, who in alive.items():
            assert summed(await store.slice(COUNTS, entity))[tally.name] == len(who)


@pytest.mark.parametrize("each", [each for each in PROJECTIONS if isinstance(each, Tally)], ids=lambda each: each.name)
@divided
def test_a_members_shard_is_of_the_partition_of_its_facts(each: Tally, partitioning: Partitioning) -> None:
    for event in (event for event in EXAMPLES if type(event) in each.events):
        key = key_of(event)
        for change in each(event):
            keyed = key if each.keyed_by == "other" else None
            shard = shard_of(each, partitioning, entity=change.entity, member=change.member, keyed=keyed)
            assert shard // each.splits == partitioning.of(each.topics[0], key)
            assert shard in each.shards(partitioning, change.entity)


@pytest.mark.parametrize("each", PROJECTIONS, ids=lambda each: each.name)
def test_every_example_that_a_projection_wants_folds(each: Projection | Tally) -> None:
    wanted = [event for event in EXAMPLES if type(event) in each.events]
    assert {type(event) for event in wanted} == each.events
    where = () if isinstance(each, Tally) else (3,)
    assert all(each(event, *where) for event in wanted)
    assert [each(event, *where) for event in wanted] == [each(event, *where) for event in wanted]


def test_every_event_is_wanted_by_a_projection() -> None:
    assert {event for each in PROJECTIONS for event in each.events} == set(EVENTS.values())


def test_no_column_is_written_by_events_of_two_topics() -> None:
    topics_of = {
        (table.name, column): set(each.topics)
        for each in PROJECTIONS
        for table in each.tables
        for column in table.columns
    }
    assert all(len(of) == 1 for of in topics_of.values())


def test_names_are_unique() -> None:
    names = [each.name for each in PROJECTIONS]
    tables = [table.name for table in every_table()]
    assert len(names) == len(set(names))
    assert len(tables) == len(set(tables))
