"""What the filter makes of an upload: which facts are appended, and which objects are in the bucket then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest

from events.generated import Event, Image, PhotoFiltered, PhotoRejected, PhotoTaken
from events.positions import Position
from processors import filter as filter_module
from processors.film.limits import Limits
from processors.film.outcome import Filtered, Rejected
from processors.filter import Filter
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import NotPublished
from tests.processors.film import FILTERED, PreparedPool
from tests.processors.objects import MemoryObjects, etag_of
from tests.processors.world import (
    OWNER,
    START,
    Meanwhile,
    World,
    nothing,
    taken,
)

pytestmark = pytest.mark.anyio

DAMAGED = Rejected("damaged", "This photo is damaged or didn't arrive whole.")
LOOK_1 = "6147bf5c3627"  # sha256 of "look-1" begins with it


def photo_id(number: int) -> UUID:
    return uuid5(OWNER, f"photo {number}")


def data(number: int) -> bytes:
    return f"upload {number}".encode()


def uploaded(number: int, zone: str = "UTC") -> PhotoTaken:
    """That the nth photo was taken, with an upload that is in the bucket."""
    return replace(taken(number), etag=etag_of(data(number)), zone=zone, actor_id=uuid5(OWNER, "another"))


class Filtering:
    """A filter, its world, its bucket and its pool."""

    def __init__(self, *numbers: int, outcome: Filtered | Rejected = FILTERED, workers: int = 4) -> None:
        self.world = World()
        self.bucket = MemoryObjects({f"uploads/{n}": data(n) for n in numbers})
        self.pool = PreparedPool({photo_id(n): outcome for n in numbers})
        self.filter = Filter(self.world.tools(self.bucket, workers).that_append(Filter.appends), self.pool)

    async def feed(self, *events: Event, lease: Lease | None = None) -> None:
        """Hands the filter events that are in the read models already."""
        await self.world.happen(*events)
        processor = self.world.handler(self.filter)
        await self.world.feed(processor, "photos", lease=lease or Meanwhile())


def sizes(number: int) -> Mapping[str, bytes]:
    """What is in the bucket of a filtered photo, beside its upload."""
    folder = f"photos/{photo_id(number)}/{LOOK_1}"
    return {
        f"{folder}/full.jpg": b"the full size",
        f"{folder}/feed.jpg": b"the feed's size",
        f"{folder}/thumb.jpg": b"the thumb",
    }


def was_filtered(number: int) -> PhotoFiltered:
    """The fact that the nth photo was filtered, word for word."""
    folder = f"photos/{photo_id(number)}/{LOOK_1}"
    return PhotoFiltered(
        event_id=uuid5(taken(number).event_id, "PhotoFiltered/look-1"),
        occurred_at=START,
        actor_id=uuid5(OWNER, "another"),
        photo_id=photo_id(number),
        owner_id=OWNER,
        develops_at=START + timedelta(hours=1),
        filter_version="look-1",
        blurhash="LEHV6nWB2yk8",
        full=Image(key=f"{folder}/full.jpg", width=2048, height=1536),
        feed=Image(key=f"{folder}/feed.jpg", width=1080, height=810),
        thumb=Image(key=f"{folder}/thumb.jpg", width=320, height=240),
    )


def was_rejected(number: int, code: str, reason: str) -> PhotoRejected:
    return PhotoRejected(
        event_id=uuid5(taken(number).event_id, "PhotoRejected"),
        occurred_at=START,
        actor_id=uuid5(OWNER, "another"),
        photo_id=photo_id(number),
        owner_id=OWNER,
        taken_at=START,
        develops_at=START + timedelta(hours=1),
        code=code,
        reason=reason,
    )


CHANGED = was_rejected(
    1, "upload_changed", "The upload is gone, or isn't the photo that was registered. Please send it again."
)


async def test_a_photo_is_written_in_three_sizes_and_then_filtered() -> None:
    one = Filtering(1)
    await one.feed(uploaded(1))
    assert one.world.published == [was_filtered(1)]
    assert one.bucket.objects == {"uploads/1": data(1), **sizes(1)}
    assert one.pool.asked == [(photo_id(1), data(1), date(2026, 6, 19))]


async def test_a_photo_filtered_again_is_the_same_fact() -> None:
    one = Filtering(1)
    await one.feed(uploaded(1))
    one.world.store._tables.clear()  # the worker died before `progress`
    one.world.log.partitions.clear()
    await one.feed(uploaded(1))
    assert one.world.published == [was_filtered(1), was_filtered(1)]
    assert one.bucket.objects == {"uploads/1": data(1), **sizes(1)}


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 19), ("Pacific/Apia", 20), ("Europe/Oslo", 19), ("Pacific/Pago_Pago", 19)]
)
async def test_a_photo_bears_the_date_where_it_was_taken(zone: str, day: int) -> None:
    one = Filtering(1)
    await one.feed(uploaded(1, zone))
    assert one.pool.asked == [(photo_id(1), data(1), date(2026, 6, day))]


async def test_a_photo_that_cant_be_developed_is_rejected_for_what_its_owner_is_told() -> None:
    one = Filtering(1, outcome=DAMAGED)
    await one.feed(uploaded(1))
    assert one.world.published == [was_rejected(1, "damaged", "This photo is damaged or didn't arrive whole.")]
    assert one.bucket.objects == {"uploads/1": data(1)}


async def test_an_upload_that_isnt_there_is_rejected_undeveloped() -> None:
    one = Filtering(1)
    one.bucket.objects.clear()
    await one.feed(uploaded(1))
    assert one.world.published == [CHANGED]
    assert (one.bucket.objects, one.pool.asked, one.pool.opened) == ({}, [], 0)


async def test_an_upload_that_was_replaced_is_rejected_undeveloped() -> None:
    one = Filtering(1)
    one.bucket.objects["uploads/1"] = b"another picture"
    await one.feed(uploaded(1))
    assert one.world.published == [CHANGED]
    assert (one.bucket.objects, one.pool.asked) == ({"uploads/1": b"another picture"}, [])


async def test_of_an_upload_that_is_too_large_only_so_much_is_read_that_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filter_module, "LIMITS", Limits(upload_bytes=4))
    one = Filtering(1)
    await one.feed(uploaded(1))
    assert one.pool.asked == [(photo_id(1), data(1)[:5], date(2026, 6, 19))]


async def test_a_bucket_and_a_log_that_dont_answer_are_asked_again() -> None:
    one, refused = Filtering(1), [NotPublished("down")]
    one.bucket.down = {"read": 2, "write": 2}
    publish_all = one.world.publish_all

    async def fails_first(events: Sequence[Event], traceparent: str = "") -> list[Position]:
        if refused:
            raise refused.pop()
        return await publish_all(events)

    one.world.publish_all = fails_first  # type: ignore[method-assign]
    lease = Meanwhile(*[nothing] * 5)
    await one.feed(uploaded(1), lease=lease)
    assert lease.left == []
    assert one.world.published == [was_filtered(1)]
    assert one.bucket.objects == {"uploads/1": data(1), **sizes(1)}


async def test_nothing_is_told_before_all_sizes_are_written() -> None:
    one, lease = Filtering(1), Meanwhile()

    async def lose() -> None:
        lease.lose()

    one.bucket.down = {"write": 1}
    lease.left.append(lose)
    with pytest.raises(LeaseLost):
        await one.feed(uploaded(1), lease=lease)
    assert (one.world.published, one.bucket.objects) == ([], {"uploads/1": data(1)})


async def test_a_photo_that_waits_for_a_worker_isnt_begun_once_the_lease_is_lost() -> None:
    one, lease = Filtering(1, 2, workers=1), Meanwhile()
    publish_all = one.world.publish_all

    async def then_lose(events: Sequence[Event], traceparent: str = "") -> list[Position]:
        positions = await publish_all(events)
        lease.lose()
        return positions

    one.world.publish_all = then_lose  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        await one.feed(uploaded(1), uploaded(2), lease=lease)
    assert one.world.published == [was_filtered(1)]
    assert [photo for photo, _, _ in one.pool.asked] == [photo_id(1)]


async def test_photos_are_filtered_side_by_side_as_many_as_there_are_workers() -> None:
    one = Filtering(*range(5), workers=2)
    await one.feed(*map(uploaded, range(5)))
    assert one.pool.most_at_work == 2
    assert {event.event_id for event in one.world.published} == {was_filtered(n).event_id for n in range(5)}
