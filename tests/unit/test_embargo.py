"""The demo's own eyes: what it takes for a leak, and what not."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from events.settings import Settings
from ops.demo.client import CheckFailed, Person
from ops.demo.embargo import TakenPhoto, check_owner

PHOTO = str(uuid4())
ADA = Person("ada", uuid4(), "a token", Settings())
TAKEN = TakenPhoto(PHOTO, ADA, str(uuid4()), "astronaut", datetime(2026, 11, 22, 9, tzinfo=UTC))
SIGNED = "http://127.0.0.1/photos/{}/thumb.jpg?X-Amz-Signature=abc"


def seen(**photo: object) -> None:
    """The owner's list as the API answers it: this photo, after one that developed long ago."""
    long_ago = str(uuid4())
    old = {"id": long_ago, "images": {"thumb": {"url": SIGNED.format(long_ago)}}}
    check_owner(TAKEN, "/v1/me/photos", json.dumps({"items": [old, {"id": PHOTO, **photo}]}))


def test_older_photos_may_be_seen() -> None:
    seen(images=None, develops_at="2026-11-22T09:00:00Z")


@pytest.mark.parametrize("url", [SIGNED.format(PHOTO), SIGNED.format("another"), "http://127.0.0.1/uploads/original"])
def test_an_image_of_an_undeveloped_photo_is_a_leak(url: str) -> None:
    with pytest.raises(CheckFailed, match="image URL of astronaut"):
        seen(images={"thumb": {"url": url}})
