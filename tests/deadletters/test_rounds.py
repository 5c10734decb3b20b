"""How a redrive goes about many requests: so many between two batches, those of others left, those of `first` before
its own; and what it does while the database or the log doesn't answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka.errors import KafkaConnectionError

from events.positions import Position
from processors.handlers.batch import Partition, Record
from processors.handlers.reject import EVERY
from processors.redrive.redrive import OUTCOME_CHARACTERS, Redrive, unread
from processors.redrive.replay import Failures
from processors.redrive.requests import APPLIED, Page, Place, RedriveRequest, request_of
from processors.transport.lease import Lease
from projections.progress import progress_rows
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from tests.deadletters.test_redrive import MemoryRequests
from tests.kit import record
from tests.processors.world import Meanwhile, nothing

pytestmark = pytest.mark.anyio

HERE = Partition("photos", 3)


class Doing:
    """See Replay: notes what it is asked to do, and fails at these offsets."""

    def __init__(self, failing: Mapping[int, str] | None = None) -> None:
        self.names = ["photo", "roll_feed"]
        self.failing = failing or {}
        self.done: list[tuple[str, list[int]]] = []

    def serves(self, name: str) -> bool:
        return name in (EVERY, *self.names)

    async def __call__(self, records: Sequence[Record], name: str, lease: Lease) -> Failures:
        offsets = [each.offset for each in records]
        self.done.append((name, offsets))
        return {offset: self.failing[offset] for offset in offsets if offset in self.failing}


class World:
    """A redrive over a partition of ten records, which are folded up to `folded`; a tick is a second."""

    def __init__(self, round_size: int = 2, first: Collection[str] = (), failing: Mapping[int, str] | None = None):
        self.requests, self.doing, self.store = MemoryRequests(), Doing(failing), MemoryStore()
        self.failures: list[Exception] = []
        self.now = 0.0
        self.redrive = Redrive(
            self.requests, self.doing, self.originals, self.store, first, round_size, now=lambda: self.now
        )

    async def originals(self, topic: str, partition: int, offsets: Collection[int]) -> Mapping[int, Record]:
        if self.failures:
            raise self.failures.pop()
        return {offset: record(topic, partition, offset, None, None) for offset in offsets}

    async def folded(self, offset: int, *names: str) -> None:
        rows = progress_rows(*HERE, [(name, 1) for name in names or self.doing.names], offset=offset)
        await self.store.write_together(rows)

    def ask(self, *offsets: int, name: str = EVERY) -> None:
        self.requests.ask(*((Position(*HERE, offset), name) for offset in offsets))

    async def tick(self, lease: Lease | None = None) -> None:
        self.now += 1
        await self.redrive.tick(HERE, lease or Meanwhile())


async def test_so_many_requests_are_done_between_two_batches() -> None:
    world = World(round_size=2)
    await world.folded(10)
    world.ask(0, 1, 2, 3, 4)
    for done in (2, 4, 5, 5):
        await world.tick()
        assert world.requests.outcomes == [APPLIED] * done + [""] * (5 - done)
    assert world.doing.done == [(EVERY, [0, 1]), (EVERY, [2, 3]), (EVERY, [4])]


async def test_requests_come_by_name_and_by_rising_offset() -> None:
    world = World(round_size=9)
    await world.folded(10)
    world.ask(7, 3, name="roll_feed")
    world.ask(5, 1, name="photo")
    world.ask(3, name="somebody else's")
    await world.tick()
    assert world.doing.done == [("photo", [1, 5]), ("roll_feed", [3, 7])]
    assert world.requests.outcomes == [APPLIED] * 4 + [""]


async def test_what_failed_is_said_of_its_record_and_name_alone() -> None:
    world = World(round_size=9, failing={2: "too large", 4: "x" * 5000})
    await world.folded(10)
    world.ask(1, 2, 4)
    await world.tick()
    applied, failed, long = world.requests.outcomes
    assert (applied, failed) == (APPLIED, "failed: too large")
    assert long == ("failed: " + "x" * 5000)[:OUTCOME_CHARACTERS]


async def test_a_record_is_done_once_every_one_of_its_projections_has_passed_it() -> None:
    world = World(round_size=9)
    await world.folded(10, "photo")
    await world.folded(4, "roll_feed")
    world.ask(3, 4)
    await world.tick()
    assert world.requests.outcomes == [
        APPLIED,
        "failed: its partition is only folded up to 4: ask again later",
    ]
    assert world.doing.done == [(EVERY, [3])]


async def test_of_a_record_only_those_requests_wait_that_others_come_before() -> None:
    world = World(round_size=9, first=["users"])
    await world.folded(10)
    world.ask(1, name="users")
    world.ask(1, 2)
    await world.tick()
    assert world.requests.outcomes == ["", "", APPLIED]
    await world.tick()
    assert world.requests.outcomes == ["", "", APPLIED]
    world.requests.rows[0] = replace(world.requests.rows[0], outcome="failed: it was bad")
    await world.tick()  # without the bell being rung again
    assert world.requests.outcomes[1:] == [APPLIED, APPLIED]


async def test_what_was_answered_is_not_done_again_when_the_bell_rings() -> None:
    world = World(round_size=9)
    await world.folded(10)
    world.ask(1)
    await world.tick()
    world.ask(2)
    await world.tick()
    assert world.doing.done == [(EVERY, [1]), (EVERY, [2])]


async def work_of(letters: int) -> tuple[int, int]:
    """How many ticks and pages redriving so many letters takes, where each round rings the bell once more."""
    world = World(round_size=50)
    world.requests.size = 200
    await world.folded(letters)
    world.ask(*range(letters))
    ticks = 0
    while not all(world.requests.outcomes):
        world.requests.rung = uuid4()  # as a projector does that asks reactors to look again
        done = sum(len(offsets) for _, offsets in world.doing.done)
        pages = world.requests.pages
        await world.tick()
        ticks += 1
        assert ticks < letters, "it gets nowhere"
        assert sum(len(offsets) for _, offsets in world.doing.done) - done <= 50
        assert world.requests.pages - pages <= 1
    return ticks, world.requests.pages


async def test_twice_as_many_letters_take_twice_the_work_and_no_tick_more_than_a_page_and_a_round() -> None:
    """Seen to fail with all requests read again whenever the bell is rung."""
    fewer, more = await work_of(400), await work_of(800)
    assert fewer[0] == 8
    assert more[0] <= 2.2 * fewer[0]
    assert more[1] <= 2.2 * fewer[1]


async def test_what_a_page_cuts_off_of_a_record_is_read_whole_with_the_next() -> None:
    world = World(round_size=9, first=["users"])
    world.requests.size = 3
    await world.folded(10)
    world.ask(1, 2, 3)
    world.ask(2, name="users")
    for _ in range(4):
        await world.tick()
    assert world.requests.outcomes == [APPLIED, "", APPLIED, ""]


async def test_requests_that_cant_be_read_are_read_with_a_later_tick() -> None:
    world = World()
    await world.folded(10)
    world.ask(1)
    page, bell = world.requests.page, world.requests.bell

    async def silent(topic: str) -> UUID | None:
        raise StoreUnavailable("down")

    async def down(topic: str, partition: int, after: Place) -> Page:
        raise StoreUnavailable("down")

    world.requests.bell = silent
    await world.tick()
    world.requests.bell, world.requests.page = bell, down
    await world.tick()
    assert world.requests.outcomes == [""]
    world.requests.page = page
    await world.tick()
    assert world.requests.outcomes == [APPLIED]


async def test_a_log_and_a_database_that_dont_answer_are_asked_again() -> None:
    world = World()
    await world.folded(10)
    world.ask(1)
    world.failures = [TimeoutError(), KafkaConnectionError()]
    answer, down = world.requests.answer, [StoreUnavailable("down")]

    async def fails_first(request: RedriveRequest, outcome: str) -> None:
        if down:
            raise down.pop()
        await answer(request, outcome)

    world.requests.answer = fails_first
    lease = Meanwhile(nothing, nothing, nothing)
    await world.tick(lease)
    assert (world.requests.outcomes, lease.left) == ([APPLIED], [])


async def test_the_bell_is_looked_at_once_in_so_many_seconds() -> None:
    world = World()
    await world.folded(10)
    await world.tick()
    world.ask(1)
    world.now -= 0.5
    await world.tick()  # half a second after the first
    assert (world.requests.asked, world.requests.outcomes) == (1, [""])
    world.now = 0.90625
    await world.tick()  # and a little more than 0.9 after it
    assert (world.requests.asked, world.requests.outcomes) == (2, [APPLIED])


async def test_another_owners_answers_are_seen_when_a_partition_comes_back() -> None:
    world = World(round_size=1)
    await world.folded(10)
    world.ask(1, 2)
    await world.tick()
    world.requests.rows[1] = replace(world.requests.rows[1], outcome=APPLIED)  # by another worker
    world.redrive.forget(frozenset({HERE}))
    await world.tick()
    assert world.doing.done == [(EVERY, [1])]


@pytest.mark.parametrize(
    ("error", "is_so"), [(KafkaConnectionError(), True), (TimeoutError(), True), (ValueError(), False)]
)
def test_which_errors_say_that_the_log_just_didnt_answer(error: Exception, is_so: bool) -> None:
    assert unread(error) is is_so


def test_a_request_is_answered_when_the_answer_is_to_it() -> None:
    asked, answered = datetime(2026, 6, 19, 12), datetime(2026, 6, 19, 13)  # as Cassandra's driver has them
    place, one = Position("graph", 7, 41), uuid4()

    def row(answer: UUID | None) -> RedriveRequest:
        at = None if answer is None else answered
        return request_of("graph", 7, (41, "likers", one, asked, answer, None if at is None else APPLIED, at))

    pending = RedriveRequest(place, "likers", one, datetime(2026, 6, 19, 12, tzinfo=UTC), "", None)
    assert row(None) == pending
    assert row(uuid4()) == pending  # to what was asked before
    assert row(one) == replace(pending, outcome=APPLIED, answered_at=datetime(2026, 6, 19, 13, tzinfo=UTC))
