"""Random histories, folded by the workers' code, come out as the independent fold says (tests/oracle).

The laws compare folding with folding; here a rule that is wrong each time in the same way is found."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.codec import SCHEMA_OF, Codec
from events.generated import Event
from events.personal import ERASED, Key
from events.topics import Partitioning, even
from projections.catalog import all_tables
from projections.store.memory import MemoryStore
from tests.histories import USERS, histories
from tests.kit import MemoryKeys, MemoryLog, MemoryRegistry, Worker, run
from tests.oracle.compare import KINDS, TABLES, Fold, of_table
from tests.oracle.copies import Copies
from tests.oracle.log import Fact
from tests.oracle.sets import SETS
from tests.oracle.tables import Rows
from tests.partitions import PARTITIONING

WINDOW = 600  # seconds: the setting's default
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
topics = pytest.mark.parametrize("topic", KINDS)
divided = pytest.mark.parametrize("partitioning", [even(3), even(8)], ids=lambda each: f"{each['photos']} partitions")


def naive(value: Any) -> Any:
    """A value as the oracle has it: times in whole milliseconds, without a zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=value.microsecond // 1000 * 1000)
    return value


def fact(event: Event, partition: int, offset: int, erased: UUID | None) -> Fact:
    """An event as the oracle reads it."""
    schema = SCHEMA_OF[type(event)]
    fields = {name: naive(value) for name, value in asdict(event).items()}
    for name, person in schema.personal.items():
        if fields[person] == erased and fields[name] is not None:
            fields[name] = ""
    return Fact(schema.name, schema.topic, partition, offset, fields)


def rows_of(store: MemoryStore) -> dict[str, Rows]:
    """Every row of a store, as the oracle has them; counts of the kinds that it was taught."""
    kinds = {spec.table for spec in SETS}
    found = {
        table: {
            tuple(map(naive, key)): {column: naive(value) for column, value in columns.items()}
            for key, columns in rows.items()
        }
        for table, rows in store.dump().items()
    }
    return found | {"counts": {key: row for key, row in found.get("counts", {}).items() if key[1] in kinds}}


async def differences(
    history: Sequence[Event], size: int, partitioning: Partitioning, erased: UUID | None = None
) -> list[str]:
    """What folding a history in batches gives, in a log that is so divided, against what the oracle says."""
    log, fold, copies = MemoryLog(partitioning=partitioning), Fold(), Copies(WINDOW)
    for event in history:
        before = {place: len(records) for place, records in log.partitions.items()}
        await log.append(event)
        ((topic, partition), records) = next(
            (place, records) for place, records in log.partitions.items() if len(records) != before.get(place, 0)
        )
        copy = copies.take(topic, partition, event.event_id, records[-1].timestamp)
        if not copy and type(event).__name__ in KINDS[topic]:  # one that it wasn't taught is no business of it
            fold.take(fact(event, partition, len(records) - 1, erased))
    exceptions: dict[UUID, Key | None] = {} if erased is None else {erased: ERASED}
    store = MemoryStore(partitioning)
    worker = Worker(store, Codec(MemoryRegistry(), MemoryKeys(exceptions)))
    await worker.fold_all(log, size)
    assert worker.letters == []
    expected = fold.expected({place: len(records) for place, records in log.partitions.items()})
    actual = rows_of(store)
    keys = {table.name: list(table.key) for table in all_tables()}
    return [
        line
        for table in sorted(TABLES)
        for line in of_table(table, keys[table], expected.get(table, {}), actual.get(table, {}))
    ]


@topics
@divided
@often
@given(data=st.data())
def test_what_a_history_folds_to_is_what_the_oracle_says(
    topic: str, partitioning: Partitioning, data: st.DataObject
) -> None:
    history, size = data.draw(histories(topic)), data.draw(st.integers(1, 9))
    assert run(differences(history, size, partitioning)) == []


@pytest.mark.parametrize("topic", ["accounts", "rolls", "reactions"])
@often
@given(data=st.data())
def test_what_an_erased_person_wrote_is_empty_and_all_else_as_before(topic: str, data: st.DataObject) -> None:
    history, erased = data.draw(histories(topic)), data.draw(st.sampled_from(USERS))
    assert run(differences(history, 5, PARTITIONING, erased)) == []
