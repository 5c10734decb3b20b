"""ETags, one's own writes, and where images are."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from api.image_urls import ImageUrls
from events.image_keys import image_key
from events.positions import Position
from projections.store.memory import MemoryStore
from tests.api.world import NOW, SETTINGS, ApiWorld, named
from tests.given import CARD
from web.etag import matches
from web.read_your_writes import ProjectionWaiter

pytestmark = pytest.mark.anyio


async def test_what_has_not_changed_is_not_sent_again() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")))
    async with world.api() as api:
        first = await api.get("ada", "/v1/users/@bo")
        again = await api.get("ada", "/v1/users/@bo", If_None_Match=first.headers["etag"])
        assert again.status_code == 304
        assert again.headers["etag"] == first.headers["etag"]
        await world.given(world.followed("ada", "bo"))
        changed = await api.get("ada", "/v1/users/@bo", If_None_Match=first.headers["etag"])
        assert changed.status_code == 200


@pytest.mark.parametrize(
    ("given", "same"),
    [('W/"a"', True), ('"a"', True), ('W/"b", W/"a"', True), ("*", True), ('W/"b"', False), ("", False), ("a", False)],
)
def test_tags_compare_weakly(given: str, same: bool) -> None:
    assert matches(given, 'W/"a"') == same


async def test_a_read_that_has_caught_up_with_a_write_is_not_stale() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"))
    (topic, partition), records = next(iter(world.log.partitions.items()))
    async with world.api() as api:
        answer = await api.get("ada", "/v1/me", Darkroom_After=f"{topic}-{partition}@{len(records) - 1}")
        assert answer.status_code == 200
        assert "darkroom-stale" not in answer.headers


async def test_a_read_that_has_not_caught_up_in_time_says_so_even_when_it_finds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def in_no_time(self: ProjectionWaiter, positions: list[Position], timeout: float = 0.0) -> float | None:  # noqa: ASYNC109 - its signature
        return await original(self, positions, 0.0)

    original = ProjectionWaiter.passed_since
    monkeypatch.setattr(ProjectionWaiter, "passed_since", in_no_time)
    async with ApiWorld().api() as api:
        answer = await api.get("ada", f"/v1/photos/{named('dusk')}", Darkroom_After="photos-3@41")
        assert answer.status_code == 404
        assert answer.headers["darkroom-stale"] == "true"


@pytest.mark.parametrize("given", ["nonsense", "photos-3", "photos-99@1", "letters-1@1", "photos-3@-1", "photos-3@x"])
async def test_what_is_not_a_position_is_refused(given: str) -> None:
    async with ApiWorld().api() as api:
        answer = await api.get("ada", "/v1/me", Darkroom_After=given)
        assert answer.status_code == 400
        assert "Darkroom-After" in answer.json()["detail"]


async def test_everybody_who_waits_is_answered_as_soon_as_the_workers_are_there() -> None:
    world = ApiWorld()
    event = world.person("ada")
    await world.log.append(event)
    ((topic, partition),) = world.log.partitions
    waiting = ProjectionWaiter(world.store)
    waiters = [asyncio.create_task(waiting.passed([Position(topic, partition, 0)], 60)) for _ in range(5)]
    await asyncio.wait(waiters, timeout=0.0)
    assert not any(waiter.done() for waiter in waiters)
    await world.worker.fold_all(world.log)
    assert await asyncio.gather(*waiters) == [True] * 5
    assert await waiting.passed([Position(topic, partition, 1)], 0.0) is False
    await waiting.close()


async def test_too_many_waiters_are_turned_away_at_once() -> None:
    waiting = ProjectionWaiter(MemoryStore(), most=1)
    first = asyncio.create_task(waiting.passed([Position("photos", 0, 0)], 3600))
    await asyncio.wait([first], timeout=0.0)
    assert await waiting.passed([Position("photos", 0, 0)], 3600) is False
    first.cancel()
    await asyncio.wait([first])
    assert await waiting.passed([Position("deadletters", 0, 5)], 3600) is True  # no projection reads those
    await waiting.close()


def test_an_image_url_is_signed_as_s3_signs() -> None:
    images = ImageUrls(SETTINGS)
    url = images.url("photos/a b/ü+=.jpg", NOW + timedelta(minutes=59))
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["7200"]
    assert query["X-Amz-Date"] == ["20260620T120000Z"]
    credentials = Credentials(SETTINGS.s3_access_key, SETTINGS.s3_secret_key)
    signer: Any = S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=7200)
    kept = {"response-cache-control": "public, max-age=3600, immutable"}
    assert {name: query[name] for name in kept} == {name: [value] for name, value in kept.items()}
    request: Any = AWSRequest("GET", url.split("?")[0], params=kept)
    request.context["timestamp"] = query["X-Amz-Date"][0]
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert query["X-Amz-Signature"] == [signer.signature(text, request)]


def test_an_image_url_stays_the_same_for_a_window() -> None:
    images = ImageUrls(SETTINGS)
    start = datetime(2026, 6, 20, 23, tzinfo=UTC)
    assert images.url("k", start) == images.url("k", start + timedelta(minutes=59, seconds=59))
    assert images.url("k", start) != images.url("k", start + timedelta(hours=1))


def test_the_images_of_a_photo_are_those_of_its_card() -> None:
    images = ImageUrls(SETTINGS)
    shown = images.of(named("dusk"), CARD, NOW)
    sizes = {"full": (2048, 1536), "feed": (1080, 810), "thumb": (320, 240)}
    assert {size: (image["width"], image["height"]) for size, image in shown.items()} == sizes
    for size, image in shown.items():
        assert image == images.size(named("dusk"), CARD, size, NOW)
        assert image["url"] == images.url(image_key(named("dusk"), "7", size), NOW)
