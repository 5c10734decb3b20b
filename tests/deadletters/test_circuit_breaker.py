"""An app whose records all fail stops before it sends a topic to the dead letters, and goes on once it is mended.

Seen to fail with one rule of `CircuitBreaker` taken out at a time; each test names its own.
"""

from uuid import UUID

import pytest

from events.generated import PhotoTaken
from events.positions import Position
from processors.handlers.batch import Batch, Partition
from processors.handlers.circuit_breaker import CircuitBreaker, CircuitOpen
from processors.handlers.reader import Read
from processors.handlers.reject import EVERY, Reject
from processors.transport.lease import Lease
from tests.deadletters.failing import redrive, values
from tests.deadletters.reactions import LIKES, LIMIT, TOPIC, Reactions, handled
from tests.kit import Worker, answers, record
from tests.processors.world import Reacting, World, deleted, taken

pytestmark = pytest.mark.anyio


async def test_a_fold_that_always_fails_stops_within_the_limit_and_goes_on_when_mended() -> None:
    """Seen to fail without the comparison with the limit, and with the letters sent before the batch is counted."""
    world = Reactions()
    projector = await world.begin()
    batches = world.batches(5)
    for _ in range(3):  # what is stopped is tried again, and sends nothing
        stopped = await handled(projector, batches)
        assert stopped is not None
        assert (stopped.name, stopped.position.offset) == ("likers", 10)
        assert [letter.position.offset for letter in world.letters] == list(range(10))
        assert await world.progress() == {10}
        assert world.breaker.reason.startswith("likers can't fold PhotoLiked: ValueError in ")
        assert "; more than 12 records in a row" in world.breaker.reason

    world.faulty.cannot.clear()
    assert await handled(projector, batches) is None
    assert world.breaker.reason == ""
    assert await world.progress() == {LIKES}
    assert len(world.letters) == 10
    await redrive(world.log, TOPIC, world.letters, world.store, 5)
    assert values(world.store) == values(await world.never_failed())


async def test_a_batch_that_is_stopped_whole_leaves_no_trace_of_the_fault() -> None:
    """Seen to fail with `progress` written although the circuit is open, and without the check before the writing."""
    world = Reactions()
    projector = await world.begin()
    assert await handled(projector, world.batches(LIKES)) is not None
    assert (world.letters, world.store.dump()) == ([], {})
    world.faulty.cannot.clear()
    assert await handled(projector, world.batches(LIKES)) is None
    assert answers(world.store) == answers(await world.never_failed())


async def test_bad_records_among_good_ones_stop_nothing_however_many_they_are() -> None:
    """Seen to fail with a good record not setting its name's count to 0."""
    bad = range(0, LIKES, 2)
    world = Reactions(limit=1, cannot=bad)
    assert await handled(await world.begin(), world.batches(4)) is None
    assert [letter.position.offset for letter in world.letters] == list(bad)


async def test_records_that_cant_be_decoded_in_a_row_stop_it_for_all_projections() -> None:
    """Seen to fail with only the rejects of folds counted."""
    world = Reactions(cannot=())
    stopped = await handled(await world.begin(undecodable=range(3, 3 + LIMIT + 1)), world.batches(5))
    assert stopped is not None
    assert (stopped.name, stopped.position.offset) == (EVERY, 15)
    assert [letter.position.offset for letter in world.letters] == list(range(3, 15))
    assert await world.progress() == {15}


async def test_each_name_is_counted_apart() -> None:
    """Seen to fail with one count for all names: ten and ten are more than twelve."""
    world = Reactions(cannot=range(10))
    assert await handled(await world.begin(undecodable=range(10, 20)), world.batches(5)) is None
    assert [letter.projection for letter in world.letters] == ["likers"] * 10 + [EVERY] * 10


async def test_without_a_limit_it_never_stops() -> None:
    """Seen to fail with 0 taken as a limit of none."""
    world = Reactions(limit=0)
    assert await handled(await world.begin(), world.batches(5)) is None
    assert len(world.letters) == LIKES


async def test_what_is_folded_again_after_a_break_isnt_counted_again() -> None:
    """Seen to fail with records counted whether or not they were before: ten and ten again are more than twelve."""
    world = Reactions(cannot=range(10))
    projector = await world.begin()
    assert await handled(projector, world.batches(5)[:2]) is None
    world.store.outages += 1
    assert await handled(projector, world.batches(5)[2:]) is None
    assert await world.progress() == {LIKES}


async def test_a_new_assignment_forgets_what_stood_still() -> None:
    """Seen to fail without `close`: a worker that lost the partition says for ever that it is stopped."""
    world = Reactions()
    projector = await world.begin()
    assert await handled(projector, world.batches(LIKES)) is not None
    projector.assigned(frozenset({Partition(TOPIC, world.partition)}))
    assert world.breaker.reason == ""


async def test_other_topics_go_on() -> None:
    """Seen to fail with one circuit breaker for all apps of a worker."""
    world = World()
    worker = Worker(world.store, world.log.codec, limit=3)
    for topic in (TOPIC, "photos"):
        for _ in range(3):
            world.log.raw(topic, 0, b"", b"nonsense")
    await worker.fold_all(world.log)
    world.log.raw(TOPIC, 0, b"", b"nonsense")
    with pytest.raises(CircuitOpen):
        await worker.fold_all(world.log)
    await world.log.append(taken(1))
    del world.log.partitions[TOPIC, 0]
    await worker.fold_all(world.log)
    assert [bool(worker.breakers[topic].reason) for topic in (TOPIC, "photos")] == [True, False]
    assert len(worker.letters) == 6


async def test_a_reactor_that_always_fails_stops_and_repeats_nothing_while_it_does() -> None:
    """Seen to fail without the probe: what it could react to is reacted to again with each retry."""
    world, bad, acted = World(), {taken(number).event_id for number in range(5, 9)}, list[UUID]()
    world.views.limit = 3
    photos = [taken(number) for number in range(9)]

    async def react(_: Batch, reads: list[Read], __: Lease) -> None:
        if any(read.event.event_id in bad for read in reads):
            raise LookupError("no such zone")
        acted.extend(read.event.event_id for read in reads)

    await world.log.append(*photos)
    handler = world.handler(Reacting("filter", [PhotoTaken], react))
    for _ in range(3):
        with pytest.raises(CircuitOpen, match="filter can't act on PhotoTaken: LookupError"):
            await world.feed(handler, "photos")
        assert acted == [photo.event_id for photo in photos[:5]]
    assert world.views.letters == []

    bad.clear()
    await world.feed(handler, "photos")
    assert set(acted) == {photo.event_id for photo in photos}
    assert world.views.letters == []
    assert world.views.breakers["filter"].reason == ""


async def test_what_a_reactor_doesnt_want_says_nothing_for_it() -> None:
    """Seen to fail with all decoded records counted as handled: a reactor of few events never stops."""
    world = World()
    world.views.limit = 3

    async def react(_: Batch, reads: list[Read], __: Lease) -> None:
        if reads:
            raise LookupError("no such zone")

    for number in range(4):
        await world.log.append(taken(number), deleted(number))
    with pytest.raises(CircuitOpen):
        await world.feed(world.handler(Reacting("filter", [PhotoTaken], react)), "photos")


def test_a_reject_counts_for_its_name_only_if_it_was_an_event() -> None:
    of_nobody = record(TOPIC, 0, 7, b"", b"nonsense")
    assert Reject(of_nobody, "likers", "a bug").counted_as == "likers"
    assert Reject(of_nobody, "likers", "not an event", decoded=False).counted_as == "*"


def test_a_partition_that_nobody_said_anything_of_is_counted_from_its_first_record_on() -> None:
    breaker = CircuitBreaker("app", limit=1)
    rejects = [Reject(record(TOPIC, 0, offset, b"", b""), "likers", "a bug") for offset in (0, 1)]
    with pytest.raises(CircuitOpen) as stopped:
        breaker.check(Partition(TOPIC, 0), rejects, [("likers", 0), ("likers", 1)])
    assert stopped.value.position.offset == 0


@pytest.mark.parametrize("length", [499, 500, 501, 9000])
def test_a_reason_is_shown_by_its_first_500_characters(length: int) -> None:
    stopped = CircuitOpen(name="likers", position=Position(TOPIC, 0, 7), reason="x" * length, limit=1)
    assert str(stopped).startswith("x" * min(length, 500) + "; more than 1 records in a row")
    assert stopped.reason == "x" * length
