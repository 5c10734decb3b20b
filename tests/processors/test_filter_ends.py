"""What the filter does of a photo that ended: its objects leave the bucket, whichever of them there are."""

from dataclasses import replace
from typing import Any
from uuid import uuid5

import pytest

from events.generated import Event, Image
from processors.film.version import filter_version
from processors.filter import variant_key
from tests.processors.test_filtering import CHANGED, Filtering, data, photo_id, sizes, uploaded, was_filtered
from tests.processors.world import OWNER, Meanwhile, deleted, nothing, rejected, taken_down

pytestmark = pytest.mark.anyio

ENDS: dict[str, Any] = {"deleted": deleted(1), "taken down": taken_down(1), "rejected": rejected(1)}
each_end = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())


def older(number: int) -> Event:
    """That a photo was filtered with an older look."""
    image = {name: Image(key=f"old/{number}/{name}", width=3, height=2) for name in ("full", "feed", "thumb")}
    return replace(was_filtered(number), event_id=uuid5(OWNER, "older"), filter_version="look-0", **image)


@each_end
async def test_an_ended_photo_loses_its_upload_and_its_sizes_and_no_other_photo_does(end: Event) -> None:
    one = Filtering(1, 2)
    await one.feed(uploaded(1), uploaded(2))
    assert one.bucket.objects.keys() == {"uploads/1", "uploads/2", *sizes(1), *sizes(2)}
    await one.world.catch_up()
    await one.feed(end, lease=Meanwhile(one.world.catch_up))
    assert one.bucket.objects == {"uploads/2": data(2), **sizes(2)}


async def test_an_end_waits_for_the_read_model_that_knows_the_objects() -> None:
    """Seen to fail without the wait: the read model is late, and the upload stays in the bucket."""
    one = Filtering(1)
    await one.feed(uploaded(1), deleted(1), lease=Meanwhile(one.world.catch_up))
    assert "uploads/1" not in one.bucket.objects


async def test_a_photo_deleted_in_the_batch_that_it_was_taken_in_leaves_nothing() -> None:
    one = Filtering(1)
    await one.feed(uploaded(1), deleted(1), lease=Meanwhile(one.world.catch_up))
    assert one.world.published == [was_filtered(1)]
    assert one.bucket.objects == {}


async def test_a_photo_deleted_before_it_was_filtered_is_not_developed() -> None:
    """A worker that comes late finds the upload gone: the end of another owner's batch has removed it."""
    one = Filtering(1)
    await one.world.happen(uploaded(1), deleted(1))
    await one.bucket.remove("uploads/1")
    await one.feed()
    assert one.world.published == [CHANGED]
    assert one.bucket.objects == {}


async def test_the_sizes_of_an_older_look_are_removed_too() -> None:
    one = Filtering(1)
    await one.world.happen(older(1), deleted(1))
    one.bucket.objects = {"old/1/full": b"", "old/1/feed": b"", "old/1/thumb": b"", "old/2/full": b""}
    await one.feed()
    assert one.bucket.objects == {"old/2/full": b""}


async def test_sizes_that_no_read_model_knows_of_are_removed_too() -> None:
    """They were written by a filter that died before it told of them."""
    one = Filtering(1)
    one.bucket.objects = {variant_key(photo_id(1), filter_version(), name): b"" for name in ("full", "feed", "thumb")}
    await one.world.happen(rejected(1))
    await one.feed()
    assert one.bucket.objects == {}


async def test_an_end_is_removed_when_the_bucket_answers_again() -> None:
    one = Filtering(1)
    await one.world.happen(uploaded(1), rejected(1))
    one.bucket.objects["uploads/1"] = data(1)
    one.bucket.down = {"remove": 2}
    await one.feed(lease=Meanwhile(nothing, nothing))
    assert "uploads/1" not in one.bucket.objects


def test_a_batch_has_few_photos_so_that_progress_is_kept_often() -> None:
    assert Filtering(1).filter.max_records == 16
