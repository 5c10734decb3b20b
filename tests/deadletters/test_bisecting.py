"""A batch that can't be stored is halved down to the records at fault, with few attempts and no good record lost."""

from dataclasses import replace
from math import ceil, log2
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.generated import ProfileChanged
from events.json_form import from_json
from events.schema import all_schemas
from processors.handlers.batch import Batch, Partition
from processors.handlers.dead_letter import DeadLetter, DeadLetterQueue
from processors.handlers.projector import Projector
from processors.handlers.writer import ATTEMPTS
from processors.transport.lease import Lease
from projections.accounts.users import users
from tests.deadletters.failing import RefusingStore
from tests.kit import MemoryLog

pytestmark = pytest.mark.anyio

SCHEMA = all_schemas()["darkroom.accounts.ProfileChanged"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_each_bad_record_costs_at_most_two_attempts_a_halving_and_one(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    bad = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=6))
    event = from_json(SCHEMA, SCHEMA.example())
    assert isinstance(event, ProfileChanged)
    log = MemoryLog()
    await log.append(*(replace(event, event_id=UUID(int=number)) for number in range(size)))
    ((topic, partition),) = log.partitions
    letters: list[DeadLetter] = []

    async def keep(letter: DeadLetter) -> None:
        letters.append(letter)

    store = RefusingStore(bad)
    projector = Projector(topic, [users], store, log.codec, DeadLetterQueue(keep))
    await projector.start(Partition(topic, partition))
    before = ATTEMPTS.labels(topic)._value.get()
    await projector.handle(Batch(topic, partition, 1, log.partitions[topic, partition]), Lease.of())

    assert ATTEMPTS.labels(topic)._value.get() - before <= len(bad) * (2 * ceil(log2(size)) + 1)
    assert store.attempts <= len(bad) * (ceil(log2(size)) + 1)
    assert [letter.position.offset for letter in letters] == sorted(bad)
    assert {letter.value for letter in letters} <= {record.value for record in log.partitions[topic, partition]}
    await projector.start(Partition(topic, partition))
    assert projector.next_offset(Partition(topic, partition)) == size
