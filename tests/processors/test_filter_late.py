"""filter_late does what `filter` has left, and nothing that `filter` is at work on: between them each photo is done."""

from datetime import timedelta

import pytest

from processors.filter_late import FilterLate
from processors.handlers.batch import Batch, Partition
from processors.handlers.reactor import ReactorHandler
from processors.redrive.replay import ReactorReplay
from processors.transport.lease import Lease, LeaseLost
from projections.progress import next_offsets, progress_rows
from tests.kit import memory_codec
from tests.partitions import PARTITIONING
from tests.processors.film import PreparedPool
from tests.processors.test_filtering import Filtering, data, photo_id, sizes, uploaded, was_filtered
from tests.processors.world import PARTITION, PARTITION_OF_OWNER, START, Meanwhile, World, deleted, nothing, rejected

pytestmark = pytest.mark.anyio

OLD = timedelta(hours=2)


class Lanes(Filtering):
    """Both lanes over one world and bucket, each with a pool of its own."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(*numbers)
        self.late_pool = PreparedPool(self.pool.outcomes)
        self.late = FilterLate(self.world.tools(self.bucket), self.late_pool)
        self.late_handler: ReactorHandler = self.world.handler(self.late)

    async def feed_late(self, lease: Lease | None = None, end: int | None = None) -> None:
        """Hands the late lane what it hasn't had yet: up to where the filter is, or to an offset."""
        passed = (await next_offsets(self.world.store, "photos", PARTITION)).get(("filter", 1), 0)
        start = await self.late_handler.start(PARTITION_OF_OWNER)
        records = self.world.log.partitions["photos", PARTITION][start : passed if end is None else end]
        await self.late_handler.handle(Batch("photos", PARTITION, 1, records), lease or Meanwhile())

    def late_asked(self) -> list[object]:
        """The photos that the late lane has had filtered, in order."""
        return [photo for photo, _, _ in self.late_pool.asked]


async def test_old_photos_are_filtered_here() -> None:
    one = Lanes(1, 2)
    await one.world.happen(uploaded(1), uploaded(2))
    one.world.now += OLD
    await one.feed()
    assert one.world.published == []
    await one.feed_late()
    assert {event.event_id for event in one.world.published} == {was_filtered(n).event_id for n in (1, 2)}
    assert one.bucket.objects == {"uploads/1": data(1), "uploads/2": data(2), **sizes(1), **sizes(2)}


async def test_a_rejection_occurs_when_it_is_found_out() -> None:
    """Its upload is kept from then on. Seen to fail with its photo's time: that of an old photo was removed at once."""
    one = Lanes(1)
    one.bucket.objects.clear()
    await one.world.happen(uploaded(1))
    one.world.now += OLD
    await one.feed()
    await one.feed_late()
    assert [event.occurred_at for event in one.world.published] == [START + OLD]


async def test_a_photo_that_the_filter_is_at_work_on_is_waited_for() -> None:
    """Seen to fail without the wait for the filter's progress: the photo is filtered twice at the same time."""
    one = Lanes(1)
    await one.world.happen(uploaded(1))
    lease = Meanwhile(nothing, one.feed, one.world.catch_up)
    await one.feed_late(lease, end=1)
    assert lease.paused == [0.5, 0.5, 0.0]
    assert one.late_pool.asked == []
    assert one.world.published == [was_filtered(1)]


async def test_what_the_filter_appended_before_it_moved_on_is_seen() -> None:
    """Seen to fail with `photo` waited for only to the batch's end: its PhotoFiltered isn't projected yet."""
    one = Lanes(1)
    await one.feed(uploaded(1))
    await one.feed_late(Meanwhile(one.world.catch_up))
    assert one.late_pool.asked == []


async def test_a_photo_that_ended_since_isnt_filtered() -> None:
    one = Lanes(1, 2)
    await one.world.happen(uploaded(1), uploaded(2))
    one.world.now += OLD
    await one.feed(deleted(1), rejected(2))
    await one.feed_late()
    assert one.late_pool.asked == []


async def test_what_the_filter_failed_with_is_filtered_here() -> None:
    one = Lanes(1)
    one.pool.losing = {photo_id(1): 99}
    await one.feed(uploaded(1), lease=Meanwhile(nothing))
    await one.feed_late()
    assert one.world.published == [was_filtered(1)]


async def test_a_photo_that_cant_be_filtered_becomes_a_dead_letter_and_its_partition_goes_on() -> None:
    """Five attempts, though it is looked for by halves. Seen to fail with the attempts made at each half anew."""
    one = Lanes(*range(8))
    one.late_pool.losing = {photo_id(5): 99}
    await one.world.happen(*(uploaded(n, "Mars/Olympus") if n == 2 else uploaded(n) for n in range(8)))
    one.world.now += OLD
    await one.feed()
    lease = Meanwhile(nothing, nothing, nothing, nothing, *[one.world.catch_up] * 9)
    await one.feed_late(lease)
    assert lease.paused[:4] == [1.0, 5.0, 30.0, 60.0]
    assert one.late_asked().count(photo_id(5)) == 5
    assert {event.event_id for event in one.world.published} == {was_filtered(n).event_id for n in (0, 1, 3, 4, 6, 7)}
    assert len(one.world.published) == 6
    first, second = sorted(one.world.views.letters, key=lambda letter: letter.position.offset)
    assert (first.position.offset, second.position.offset) == (2, 5)
    assert "ZoneInfoNotFoundError in processors.filter.FilterLane._outcome" in first.reason
    killed = "NotFiltered: 5 attempts, in the last of which a film worker was ended by SIGKILL"
    assert second.reason == f"filter_late can't act on PhotoTaken: {killed}"
    assert {first.projection, second.projection} == {"filter_late"}

    one.late_pool.losing = {photo_id(5): 1}
    replay = ReactorReplay(one.late, memory_codec, PARTITIONING)
    record = one.world.log.partitions["photos", PARTITION][5]
    assert await replay([record], "filter_late", Meanwhile(nothing)) == {}
    assert one.world.published[6:] == [was_filtered(5)]


async def test_what_was_given_up_is_tried_anew_after_a_rebalance() -> None:
    one = Lanes(1, 2)
    one.late_pool.losing = {photo_id(1): 5}
    await one.world.happen(uploaded(1), uploaded(2))
    one.world.now += OLD
    await one.feed()

    async def lose() -> None:
        lease.lose()

    lease = Meanwhile(*[nothing] * 4, lose)  # the last while it looks for the one that fails, by halves
    with pytest.raises(LeaseLost):
        await one.feed_late(lease)
    one.late_handler.assigned(frozenset({Partition("photos", PARTITION)}))
    await one.world.catch_up()
    await one.feed_late()
    assert {event.event_id for event in one.world.published} == {was_filtered(n).event_id for n in (1, 2)}
    assert one.world.views.letters == []


async def lose_progress(one: Lanes, *names: str) -> None:
    """Takes reactors' progress back to the log's beginning."""
    kept = one.world.store._tables["progress"]["photos", PARTITION]
    for name in names:
        del kept[name, 1]


@pytest.mark.parametrize("lost", [("filter",), ("filter_late",), ("filter", "filter_late")])
async def test_nothing_is_filtered_again_when_progress_is_lost(lost: tuple[str, ...]) -> None:
    one = Lanes(*range(6))
    await one.world.happen(*map(uploaded, range(4)), deleted(3))
    one.world.now += OLD
    await one.feed(uploaded(4), uploaded(5))
    await one.world.catch_up()
    await one.feed_late()
    await one.world.catch_up()
    before = list(one.world.published)
    assert {event.event_id for event in before} == {was_filtered(n).event_id for n in (0, 1, 2, 4, 5)}
    await lose_progress(one, *lost)
    await one.feed()
    await one.feed_late()
    assert one.world.published == before
    assert len(one.pool.asked) + len(one.late_pool.asked) == 5


async def test_todays_photo_is_filtered_while_a_backlog_of_old_ones_is() -> None:
    """The late lane is in the midst of fifty old photos when one is taken: the filter does it at once."""
    one = Lanes(*range(51))
    await one.world.happen(*map(uploaded, range(50)))
    one.world.now += OLD
    await one.feed()
    filter_photo, done = one.late_pool.filter, list[object]()

    async def slowly(*photo: object) -> object:
        if len(one.late_pool.asked) == 1:
            await one.feed(uploaded(50))
            done.extend(one.late_asked())
        return await filter_photo(*photo)  # type: ignore[arg-type]

    one.late_pool.filter = slowly  # type: ignore[method-assign, assignment]
    await one.feed_late(Lease.of())
    assert [photo for photo, _, _ in one.pool.asked] == [photo_id(50)]
    assert len(done) < 3
    assert len(one.world.published) == 51


async def test_the_filters_progress_of_another_partition_says_nothing() -> None:
    one = Lanes(1)
    await one.world.happen(uploaded(1))
    await one.world.store.write_together(progress_rows("photos", (PARTITION + 1) % 8, [("filter", 1)], offset=9))
    with pytest.raises(AssertionError, match="waits for"):
        await one.feed_late(end=1)


async def test_a_log_that_doesnt_say_where_it_ends_is_asked_again() -> None:
    one = Lanes(1)
    await one.world.happen(uploaded(1))
    one.world.now += OLD
    await one.feed()
    ends, down = one.world.ends, [TimeoutError(), OSError()]

    async def fails_first(topic: str) -> list[tuple[str, int, int]]:
        if down:
            raise down.pop()
        return await ends(topic)

    tools = World.tools(one.world, one.bucket)
    object.__setattr__(tools, "log_ends", fails_first)
    late = FilterLate(tools, one.late_pool)
    one.late_handler = one.world.handler(late)
    await one.feed_late(Meanwhile(nothing, nothing))
    assert one.world.published == [was_filtered(1)]


@pytest.mark.parametrize(("workers", "late"), [(1, 1), (2, 1), (5, 2)])
def test_half_as_many_workers_run_behind_all_else(workers: int, late: int) -> None:
    pool = FilterLate(World().tools(workers=workers))._pool._pool
    assert (pool._size, pool._limits.nice) == (late, 10)
