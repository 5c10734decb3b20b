"""A worker's part in redriving: which requests it answers, in which order, what it says of those that it can't do, and
that a crash at any point has them done once more, to no effect."""

import copy
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord

from events.generated import PhotoLiked, PhotoTaken
from events.json_form import from_json
from events.positions import Position
from events.schema import all_schemas
from processors.handlers.batch import Batch, Partition
from processors.handlers.reader import Read
from processors.handlers.reject import EVERY
from processors.redrive.redrive import Redrive
from processors.redrive.replay import TOO_OFTEN, ReactorReplay, Replay
from processors.redrive.requests import APPLIED, PAGE, Page, Place, RedriveRequest, page_of
from processors.transport.lease import Lease, LeaseLost
from projections.catalog import of_topic
from projections.progress import progress_rows
from projections.store.memory import MemoryStore
from projections.store.protocol import Store
from tests.deadletters.failing import MemoryCorrections, fold_all, projector_replay, undecodable, values
from tests.kit import MemoryLog, memory_codec
from tests.partitions import PARTITIONING
from tests.processors.world import Reacting

pytestmark = pytest.mark.anyio

LIKE = all_schemas()["darkroom.reactions.PhotoLiked"]
TAKEN = all_schemas()["darkroom.photos.PhotoTaken"]


@dataclass
class MemoryRequests:
    """RedriveRequests in memory; `asked` counts how often the bell was looked at."""

    rows: list[RedriveRequest] = field(default_factory=list[RedriveRequest])
    rung: UUID | None = None
    asked: int = 0
    failing: Exception | None = None
    size: int = PAGE
    pages: int = 0  # that were read

    def ask(self, *places: tuple[Position, str]) -> None:
        self.rows += [RedriveRequest(position, name, uuid4()) for position, name in places]
        self.rung = uuid4()

    async def bell(self, topic: str) -> UUID | None:
        self.asked += 1
        return self.rung

    async def page(self, topic: str, partition: int, after: Place) -> Page:
        self.pages += 1
        here = sorted(
            (each.position.offset, each.projection, number)
            for number, each in enumerate(self.rows)
            if (each.position.topic, each.position.partition) == (topic, partition)
        )
        rows = [row for row in here if row[:2] > after][: self.size]
        return page_of([self.rows[number] for *_, number in rows], rows, self.size)

    async def answer(self, request: RedriveRequest, outcome: str) -> None:
        if self.failing is not None:
            raise self.failing
        self.rows[self.rows.index(request)] = replace(request, outcome=outcome)

    @property
    def outcomes(self) -> list[str]:
        return [each.outcome for each in self.rows]


@dataclass
class Originals:
    """A log's records."""

    log: MemoryLog

    async def __call__(
        self, topic: str, partition: int, offsets: Collection[int]
    ) -> Mapping[int, "ConsumerRecord[Any, Any]"]:
        records = self.log.partitions.get((topic, partition), [])
        return {offset: records[offset] for offset in offsets if offset < len(records)}


def redriver(
    requests: MemoryRequests, log: MemoryLog, store: Store, replay: Replay, first: Collection[str] = ()
) -> Redrive:
    """One that looks at the bell with each tick."""
    clock = itertools.count()
    return Redrive(requests, replay, Originals(log), store, first, now=lambda: float(next(clock)))


def likes_replay(store: Store) -> Replay:
    return projector_replay("reactions", store)


async def a_bad_like() -> tuple[MemoryLog, MemoryStore, MemoryStore, Partition]:
    """A log of five likes, a store in which the second was set aside, one in which it wasn't, and their partition."""
    log = MemoryLog()
    like = from_json(LIKE, LIKE.example())
    assert isinstance(like, PhotoLiked)
    await log.append(*(replace(like, event_id=UUID(int=n), photo_id=UUID(int=1 + n % 2)) for n in range(5)))
    ((topic, partition),) = log.partitions
    expected, store = MemoryStore(), MemoryStore()
    await fold_all(log, of_topic(topic), expected, 2)
    await fold_all(undecodable(log, log.partitions[topic, partition][1]), of_topic(topic), store, 2)
    assert values(store) != values(expected)
    return log, store, expected, Partition(topic, partition)


async def test_a_request_is_done_and_answered() -> None:
    log, store, expected, tp = await a_bad_like()
    requests = MemoryRequests()
    redrive = redriver(requests, log, store, likes_replay(store))
    await redrive.tick(tp, Lease.of())
    requests.ask((Position(*tp, 1), EVERY))
    await redrive.tick(tp, Lease.of())
    assert requests.outcomes == [APPLIED]
    assert values(store) == values(expected)


async def test_one_look_at_the_bell_serves_all_partitions() -> None:
    store, requests = MemoryStore(), MemoryRequests()
    redrive = Redrive(requests, likes_replay(store), Originals(MemoryLog()), store, now=lambda: 0.0)
    for partition in range(8):
        await redrive.tick(Partition("reactions", partition), Lease.of())
    assert requests.asked == 1


async def test_a_worker_that_dies_before_it_answers_has_it_done_again_by_the_next() -> None:
    log, store, expected, tp = await a_bad_like()
    requests = MemoryRequests(failing=LeaseLost())
    requests.ask((Position(*tp, 1), EVERY), (Position(*tp, 1), "likers"))
    first = redriver(requests, log, store, likes_replay(store))
    with pytest.raises(LeaseLost):
        await first.tick(tp, Lease.of())
    requests.failing = None
    await redriver(requests, log, store, likes_replay(store)).tick(tp, Lease.of())
    first.forget(frozenset([tp]))
    await first.tick(tp, Lease.of())
    assert requests.outcomes == [APPLIED, APPLIED]
    assert values(store) == values(expected)


async def test_what_a_database_forgot_is_done_again_before_it_is_answered() -> None:
    """Seen to fail without the look at the store's outages: answered as applied, though its rows are gone."""
    log, store, expected, tp = await a_bad_like()
    requests = MemoryRequests()
    requests.ask((Position(*tp, 1), EVERY), (Position(*tp, 1), "likers"))
    before, answer = copy.deepcopy(store._tables), requests.answer

    async def broken(request: RedriveRequest, outcome: str) -> None:
        """The first answer is written; then the database breaks, and has forgotten what came after `before`."""
        store._tables, requests.answer = before, answer
        store.outages += 1

    requests.answer = broken
    redrive = redriver(requests, log, store, likes_replay(store))
    await redrive.tick(tp, Lease.of())
    assert requests.outcomes == ["", ""]
    await redrive.tick(tp, Lease.of())
    assert requests.outcomes == [APPLIED, APPLIED]
    assert values(store) == values(expected)


async def test_what_cant_be_done_is_said() -> None:
    log, store, _, tp = await a_bad_like()
    log.partitions[tp][0] = replace(log.partitions[tp][0], value=b"nonsense")
    await store.write_together(progress_rows(*tp, [(each.name, 1) for each in of_topic("reactions")], offset=7))
    requests = MemoryRequests()
    requests.ask(*((Position(*tp, offset), EVERY) for offset in (0, 6, 7)), (Position(*tp, 1), "no projection"))
    await redriver(requests, log, store, likes_replay(store)).tick(tp, Lease.of())
    undecoded, absent, ahead, others = requests.outcomes
    assert undecoded == "failed: the value doesn't begin with Confluent's magic byte"
    assert absent == "failed: the log doesn't hold the record (any more)"
    assert ahead.startswith("failed: its partition is only folded up to 7")
    assert others == ""  # another app's, or nobody's: the operator's command says that nobody answers


async def test_a_shard_corrected_too_often_is_a_failure_that_loses_nothing() -> None:
    log, store, expected, tp = await a_bad_like()
    record = log.partitions[tp][1]

    async def redriven() -> dict[int, str]:
        """As the first correction of a record each time: what is bounded here is the shard's."""
        return await likes_replay(store)([record], EVERY, Lease.of())

    outcomes = [await redriven() for _ in range(1025)]
    assert outcomes[:1023] == [{}] * 1023
    assert outcomes[-1] == {1: "CorrectedTooOften: epoch 1024 isn't below 1024"}
    assert values(store) == values(expected)


async def test_a_record_corrected_too_often_is_a_failure_that_loses_nothing() -> None:
    log, store, expected, tp = await a_bad_like()
    corrections = MemoryCorrections()
    corrections.numbers[*tp, 1] = 1022
    replay, record = projector_replay("reactions", store, corrections=corrections), log.partitions[tp][1]
    assert await replay([record], EVERY, Lease.of()) == {}
    assert await replay([record], EVERY, Lease.of()) == {1: TOO_OFTEN}
    assert values(store) == values(expected)


async def test_a_reactor_acts_after_the_read_models_have_their_record() -> None:
    acted: list[UUID] = []

    async def act(batch: Batch, reads: list[Read], lease: Lease) -> None:
        acted.extend(read.event.event_id for read in reads)

    log, store, requests = MemoryLog(), MemoryStore(), MemoryRequests()
    event = from_json(TAKEN, TAKEN.example())
    await log.append(event)
    ((topic, partition),) = log.partitions
    tp = Partition(topic, partition)
    names = [each.name for each in of_topic("photos")]
    await store.write_together(progress_rows(*tp, [(name, 1) for name in (*names, "expand")], offset=1))
    replay = ReactorReplay(Reacting("expand", [PhotoTaken], act), memory_codec, PARTITIONING)
    expand = redriver(requests, log, store, replay, [EVERY, *names])
    requests.ask((Position(*tp, 0), EVERY), (Position(*tp, 0), "expand"))
    await expand.tick(tp, Lease.of())
    assert (acted, requests.outcomes) == ([], ["", ""])
    await redriver(requests, log, store, projector_replay("photos", store)).tick(tp, Lease.of())
    await expand.tick(tp, Lease.of())
    assert (acted, requests.outcomes) == ([event.event_id], [APPLIED, APPLIED])


async def test_a_reactor_that_raises_is_a_failed_outcome() -> None:
    async def act(batch: Batch, reads: list[Read], lease: Lease) -> None:
        raise ArithmeticError("a bug")

    log = MemoryLog()
    await log.append(from_json(TAKEN, TAKEN.example()))
    ((record,),) = log.partitions.values()
    replay = ReactorReplay(Reacting("filter", [PhotoTaken], act), memory_codec, PARTITIONING)
    (said,) = (await replay([record], "filter", Lease.of())).items()
    assert (said[0], said[1].partition(" in ")[0]) == (0, "ArithmeticError")


async def test_requests_are_read_again_only_when_the_bell_was_rung() -> None:
    log, store, _, tp = await a_bad_like()
    requests = MemoryRequests(rung=uuid4())
    redrive = redriver(requests, log, store, likes_replay(store))
    await redrive.tick(tp, Lease.of())
    requests.rows.append(RedriveRequest(Position(*tp, 1), "likers", uuid4()))
    await redrive.tick(tp, Lease.of())
    assert requests.outcomes == [""]
    requests.rung = uuid4()
    await redrive.tick(tp, Lease.of())
    assert requests.outcomes == [APPLIED]
