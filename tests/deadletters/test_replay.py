"""Which records a redrive does, for whom, and what it answers of those that fail once more."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from events.generated import Event, PhotoLiked, PhotoTaken
from events.json_form import from_json
from events.schema import all_schemas
from processors.handlers.batch import Batch, Record
from processors.handlers.reader import Read
from processors.handlers.reject import EVERY
from processors.redrive.replay import ReactorReplay, failures
from processors.transport.lease import Lease, LeaseLost
from projections.catalog import of_topic
from projections.store.memory import MemoryStore
from projections.store.table import Stamped
from tests.deadletters.failing import RefusingStore, projector_replay, unfoldable, values
from tests.kit import MemoryLog, memory_codec
from tests.partitions import PARTITIONING
from tests.processors.world import Reacting

pytestmark = pytest.mark.anyio

NAMES = [each.name for each in of_topic("reactions")]


def example(name: str) -> Event:
    schema = all_schemas()[name]
    return from_json(schema, schema.example())


def like(number: int) -> PhotoLiked:
    event = example("darkroom.reactions.PhotoLiked")
    assert isinstance(event, PhotoLiked)
    return replace(event, event_id=UUID(int=number), photo_id=UUID(int=100 + number))


async def likes(*numbers: int) -> tuple[MemoryLog, list[Record]]:
    """A log of likes, and its records."""
    log = MemoryLog()
    await log.append(*map(like, numbers))
    ((_, records),) = log.partitions.items()
    return log, records


class Acting:
    """What a reactor was given to act on; it raises what it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.batches: list[tuple[Batch, list[Read]]] = []
        self.errors = list(errors)

    async def __call__(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.batches.append((batch, reads))


async def test_a_reactor_acts_again_on_what_it_wants_and_passes_the_rest() -> None:
    """Seen to fail with what is wanted not looked at."""
    log = MemoryLog()
    await log.append(*(example(f"darkroom.photos.{name}") for name in ("PhotoDeleted", "PhotoTaken", "PhotoDeleted")))
    ((_, records),) = log.partitions.items()
    acting = Acting()
    replay = ReactorReplay(Reacting("filter", [PhotoTaken], acting), memory_codec, PARTITIONING)
    assert await replay(records, "filter", Lease.of()) == {}
    ((batch, reads),) = acting.batches
    assert (batch.topic, batch.partition, batch.records) == ("photos", records[0].partition, records[1:2])
    assert reads == [Read(1, example("darkroom.photos.PhotoTaken"), records[1])]


async def test_a_reactor_acts_on_one_record_at_a_time_and_on_each() -> None:
    _, records = await likes(1, 2, 3)
    acting = Acting(ArithmeticError("a bug"))
    replay = ReactorReplay(Reacting("counter", [PhotoLiked], acting), memory_codec, PARTITIONING)
    (said,) = (await replay(records, "counter", Lease.of())).items()
    assert (said[0], said[1].partition(" in ")[0]) == (0, "ArithmeticError")
    assert [[read.offset for read in reads] for _, reads in acting.batches] == [[1], [2]]


async def test_a_lost_lease_is_no_outcome_of_a_reactors_record() -> None:
    """Seen to fail without LeaseLost told apart: the operator would be told that the record failed."""
    _, records = await likes(1)
    replay = ReactorReplay(Reacting("counter", [PhotoLiked], Acting(LeaseLost())), memory_codec, PARTITIONING)
    with pytest.raises(LeaseLost):
        await replay(records, "counter", Lease.of())


class Losing(MemoryStore):
    """A store that is being written to when the lease is lost."""

    async def write(self, rows: Sequence[Stamped]) -> None:
        raise LeaseLost


async def test_a_lost_lease_is_no_outcome_of_a_folded_record() -> None:
    _, records = await likes(1, 2)
    replay = projector_replay("reactions", Losing())
    with pytest.raises(LeaseLost):
        await replay(records, EVERY, Lease.of())


def test_who_is_served() -> None:
    fold = projector_replay("reactions", MemoryStore())
    act = ReactorReplay(Reacting("filter", [PhotoTaken], Acting()), memory_codec, PARTITIONING)
    assert (fold.names, act.names) == (NAMES, ["filter"])
    assert [fold.serves(name) for name in (EVERY, *NAMES, "filter", "")] == [True, *[True] * len(NAMES), False, False]
    assert [act.serves(name) for name in (EVERY, *NAMES, "filter")] == [False, *[False] * len(NAMES), True]


async def test_a_record_is_folded_again_for_all_projections_or_for_one() -> None:
    log = MemoryLog()
    await log.append(example("darkroom.photos.PhotoTaken"))
    ((_, records),) = log.partitions.items()

    async def folded_for(name: str) -> dict[str, object]:
        store = MemoryStore()
        await projector_replay("photos", store)(records, name, Lease.of())
        return values(store)

    whole = await folded_for(EVERY)
    assert await folded_for("photo") == {"photo": whole["photo"]}
    assert await folded_for("roll_feed") == {}
    assert {"photo", "develop_due"} <= whole.keys()


async def test_what_cant_be_folded_is_found_among_what_can() -> None:
    _, records = await likes(1, 2, 3, 4, 5)
    store = RefusingStore([1, 4])
    replay = projector_replay("reactions", store)
    assert await replay(records, EVERY, Lease.of()) == {1: "too large", 4: "too large"}
    store.refused.clear()
    assert await replay(records, EVERY, Lease.of()) == {}


async def test_what_a_projection_raises_is_said_with_its_name() -> None:
    _, records = await likes(1, 2)
    projections = [unfoldable(each, like(2)) for each in of_topic("reactions")]
    replay = projector_replay("reactions", MemoryStore(), projections)
    (said,) = (await replay(records, "likers", Lease.of())).items()
    assert (said[0], said[1].partition(" in ")[0]) == (1, "likers can't fold PhotoLiked: ArithmeticError")


class Raising(MemoryStore):
    """Raises, for rows of some offsets, what no store should."""

    async def write(self, rows: Sequence[Stamped]) -> None:
        if any(row.stamp // 1024 == 1 for row in rows):
            raise ArithmeticError("a bug in the store")
        await super().write(rows)


async def test_an_unforeseen_error_is_the_outcome_of_its_record_alone() -> None:
    _, records = await likes(1, 2, 3, 4, 5)
    replay = projector_replay("reactions", Raising())
    (said,) = (await replay(records, EVERY, Lease.of())).items()
    assert (said[0], said[1].partition(" in ")[0]) == (1, "ArithmeticError")


async def test_an_attempt_that_was_broken_off_leaves_no_failure_behind() -> None:
    _, records = await likes(1, 2)
    acting = Acting(ArithmeticError("a bug"), LeaseLost())
    replay = ReactorReplay(Reacting("counter", [PhotoLiked], acting), memory_codec, PARTITIONING)
    with pytest.raises(LeaseLost):
        await replay(records, "counter", Lease.of())
    assert await replay(records, "counter", Lease.of()) == {}

    store = RefusingStore([0])
    fold = projector_replay("reactions", store)
    lease = Lease.of(iter([True, True, True, True, False]).__next__)  # decoded, numbered, refused, refused alone
    with pytest.raises(LeaseLost):
        await fold(records, EVERY, lease)
    assert store.attempts >= 2
    store.refused = {1}
    assert await fold(records, EVERY, Lease.of()) == {1: "too large"}


def test_a_records_reasons_are_said_once_each() -> None:
    failed = [(0, "no"), (0, "not so"), (0, "no"), (1, "another's")]
    assert failures(failed) == {0: "no; not so", 1: "another's"}
    assert failures([]) == {}
