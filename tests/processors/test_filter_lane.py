"""Which photos `filter` filters, and what becomes of one that it fails with: old and finished ones are left alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

import pytest

from processors.filter import Filter
from processors.redrive.replay import ReactorReplay
from processors.transport.lease import Lease
from projections.progress import next_offsets
from tests.kit import memory_codec
from tests.partitions import PARTITIONING
from tests.processors.test_filtering import Filtering, photo_id, uploaded, was_filtered
from tests.processors.world import OWNER, PARTITION, Meanwhile, World, deleted, nothing, rejected, taken_down

pytestmark = pytest.mark.anyio


async def test_a_pool_that_cant_start_is_tried_until_it_can() -> None:
    one = Filtering(1, 2)
    one.pool.unable = 6
    lease = Meanwhile(*[nothing] * 6)
    await one.feed(uploaded(1), uploaded(2), lease=lease)
    assert (one.pool.opened, lease.left) == (1, [])
    assert {event.event_id for event in one.world.published} == {was_filtered(n).event_id for n in (1, 2)}


async def test_a_photo_whose_workers_are_lost_is_tried_once_more() -> None:
    one = Filtering(1)
    one.pool.losing = {photo_id(1): 1}
    lease = Meanwhile(nothing)
    await one.feed(uploaded(1), lease=lease)
    assert lease.paused == [1.0]
    assert one.world.published == [was_filtered(1)]


async def test_a_photo_that_cant_be_filtered_is_left_without_a_word_and_the_others_are_filtered() -> None:
    """Seen to fail: photos whose workers were killed were rejected; those of no known zone made dead letters here."""
    one = Filtering(1, 2, 3)
    one.pool.losing = {photo_id(1): 99}
    await one.feed(uploaded(1), uploaded(2, "Mars/Olympus"), uploaded(3), lease=Meanwhile(nothing))
    assert one.world.published == [was_filtered(3)]
    assert one.world.views.letters == []
    assert (await next_offsets(one.world.store, "photos", PARTITION))["filter", 1] == 3


async def test_a_photo_that_was_filtered_or_has_ended_isnt_filtered_when_it_comes_again() -> None:
    """As it does when `progress` is lost. Seen to fail without the look at the photos' rows."""
    one = Filtering(1, 2, 3, 4, 5)
    older = replace(was_filtered(2), event_id=uuid5(OWNER, "older"), filter_version="look-0")
    ends = [deleted(3), taken_down(4), rejected(5)]
    await one.feed(*map(uploaded, range(1, 6)), older, *ends)
    assert one.world.published == [was_filtered(1)]
    await one.world.catch_up()
    del one.world.store._tables["progress"]
    await one.world.catch_up()
    await one.feed()
    assert [photo for photo, _, _ in one.pool.asked] == [photo_id(1)]
    assert len(one.world.published) == 1


async def test_the_read_model_is_waited_for_before_anything_is_filtered() -> None:
    one = Filtering(1, 2)
    await one.world.log.append(uploaded(1), uploaded(2), deleted(1))
    handler, lease = one.world.handler(one.filter), Meanwhile(nothing, one.world.catch_up)
    await one.world.feed(handler, "photos", lease=lease)
    assert lease.left == []
    assert [photo for photo, _, _ in one.pool.asked] == [photo_id(2)]


async def test_todays_photo_is_filtered_before_a_backlog_of_old_ones() -> None:
    """Seen to fail without the second lane: they are filtered one after the other."""
    one = Filtering(*range(51))
    await one.world.happen(*map(uploaded, range(50)))
    one.world.now += timedelta(hours=1, milliseconds=1)
    await one.feed(uploaded(50))
    assert [photo for photo, _, _ in one.pool.asked] == [photo_id(50)]


async def test_a_photo_of_up_to_an_hour_ago_is_todays() -> None:
    one = Filtering(1)
    await one.world.happen(uploaded(1))
    one.world.now += timedelta(hours=1)
    await one.feed()
    assert one.world.published == [was_filtered(1)]


async def test_an_old_photos_dead_letter_is_filtered_when_it_is_redriven() -> None:
    """Seen to fail: it was left alone for being old, and the operator heard that it was done."""
    one = Filtering(1, 2)
    await one.world.happen(uploaded(1), uploaded(2))
    one.world.now += timedelta(days=9)
    replay = ReactorReplay(one.filter, memory_codec, PARTITIONING)
    records = one.world.log.partitions["photos", PARTITION]
    assert await replay(records[:1], "filter", Lease.of()) == {}
    assert one.world.published == [was_filtered(1)]
    one.pool.losing = {photo_id(2): 99}
    failed = await replay(records[1:2], "filter", Meanwhile(nothing))
    assert failed == {
        1: "NotFiltered: 2 attempts, in the last of which a film worker was ended by SIGKILL",
    }


def test_a_batch_has_few_photos_so_that_progress_is_kept_often() -> None:
    assert Filtering(1).filter.max_records == 16


def test_the_filters_workers_run_beside_all_else() -> None:
    assert Filter(World().tools(workers=3))._pool._pool._limits.nice == 0
