"""Registration and deleting photos: the exact facts, and both sides of every condition."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.generated import PhotoAddedToRoll, PhotoDeleted, PhotoTaken
from producers.decide.decision import Decision
from producers.decide.develops_at import RULE_VERSION
from producers.decide.photos import Destination, Registration, clamped, delete, facts_of, photo_id_of, take
from projections.photos.photo import Photo
from tests.gateway.deciding import DEVELOPING, PHOTO, command, derived, first_fields, refusal
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, one

LAKE, SEA = one("lake roll"), one("sea roll")
MILLISECOND, MICROSECOND = timedelta(milliseconds=1), timedelta(microseconds=1)
MONTH = timedelta(days=30)
NINE = datetime(2026, 6, 20, 7, tzinfo=UTC)  # in Berlin, the day after NOW
NO_ROLL, NO_PHOTO = (404, "There is no such roll."), (404, "There is no such photo.")
NOT_IN_IT = (403, "Only members put photos into a roll. Join it first.")
TOO_MANY = (422, "A photo can be in 20 rolls.")


def taking(**more: Any) -> Registration:
    values: dict[str, Any] = {
        "object_key": "uploads/ada/1",
        "etag": "e1",
        "zone": "Europe/Berlin",
        "taken_at": None,
        "on_profile": True,
        "rolls": [],
        "delay": None,
    }
    return Registration(**(values | more))


def taken(**more: Any) -> PhotoTaken:
    """What `taking()` comes to."""
    values: dict[str, Any] = {
        "photo_id": derived("photo"),
        "owner_id": BOB,
        "taken_at": NOW,
        "develops_at": NINE,
        "zone": "Europe/Berlin",
        "rule_version": RULE_VERSION,
        "object_key": "uploads/ada/1",
        "etag": "e1",
        "on_profile": True,
    }
    return PhotoTaken(**first_fields(derived("PhotoTaken"), BOB), **(values | more))


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ({}, {}),
        ({"on_profile": False}, {"on_profile": False}),
        ({"object_key": "uploads/ada/2", "etag": "e2"}, {"object_key": "uploads/ada/2", "etag": "e2"}),
        ({"zone": "UTC"}, {"zone": "UTC", "develops_at": datetime(2026, 6, 20, 9, tzinfo=UTC)}),
        (
            {"zone": "Asia/Tokyo"},  # where NOW is the 20th already
            {"zone": "Asia/Tokyo", "develops_at": datetime(2026, 6, 21, 0, tzinfo=UTC)},
        ),
        ({"delay": timedelta(0)}, {"develops_at": NOW, "rule_version": "delay-0s"}),
        ({"delay": timedelta(seconds=90)}, {"develops_at": NOW + timedelta(seconds=90), "rule_version": "delay-90s"}),
        # The phone's word moves the time that is shown, and never the time that the photo develops at.
        ({"taken_at": NOW - timedelta(days=1)}, {"taken_at": NOW - timedelta(days=1)}),
        ({"taken_at": NOW - timedelta(days=90)}, {"taken_at": NOW - MONTH}),
        ({"taken_at": NOW + timedelta(days=2)}, {"taken_at": NOW}),
        (
            {"taken_at": NOW - timedelta(days=1), "delay": timedelta(seconds=10)},
            {
                "taken_at": NOW - timedelta(days=1),
                "develops_at": NOW + timedelta(seconds=10),
                "rule_version": "delay-10s",
            },
        ),
    ],
)
def test_a_photo_in_no_roll_is_one_fact(asked: dict[str, Any], facts: dict[str, Any]) -> None:
    event = taken(**facts)
    assert take(command(BOB), taking(**asked)) == Decision(
        id=derived("photo"), event_id=event.event_id, events=(event,)
    )


def test_a_photo_is_placed_in_each_roll_by_a_fact_that_bears_its_times() -> None:
    yesterday = NOW - timedelta(days=1)
    photo = taken(taken_at=yesterday)
    placements = tuple(
        PhotoAddedToRoll(
            **first_fields(derived("PhotoAddedToRoll", roll), BOB),
            photo_id=derived("photo"),
            owner_id=BOB,
            roll_id=roll,
            taken_at=yesterday,
            develops_at=NINE,
        )
        for roll in (SEA, LAKE)
    )
    rolls = [
        Destination(roll_id=SEA, visible=True, role="member"),
        Destination(roll_id=LAKE, visible=True, role="owner"),
    ]
    decision = take(command(BOB), taking(taken_at=yesterday, rolls=rolls))
    assert decision == Decision(id=derived("photo"), event_id=photo.event_id, events=(photo, *placements))


def test_a_photo_goes_into_twenty_rolls_and_not_into_one_more() -> None:
    rolls = [Destination(roll_id=one(f"roll {n}"), visible=True, role="member") for n in range(21)]
    assert len(take(command(), taking(rolls=rolls[:20])).events) == 21
    assert refusal(take, command(), taking(rolls=rolls)) == TOO_MANY


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        (Destination(roll_id=SEA, visible=False, role=None), NO_ROLL),
        (Destination(roll_id=SEA, visible=False, role="member"), NO_ROLL),
        (Destination(roll_id=SEA, visible=True, role=None), NOT_IN_IT),
    ],
)
@pytest.mark.parametrize("others", [0, 1, 20])
def test_each_roll_must_be_one_that_one_is_in(destination: Destination, expected: object, others: int) -> None:
    member = [Destination(roll_id=one(f"roll {n}"), visible=True, role="member") for n in range(others)]
    assert refusal(take, command(), taking(rolls=[destination, *member])) == expected
    assert refusal(take, command(), taking(rolls=[*member, destination])) == expected


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        (NOW, NOW),
        (NOW - MILLISECOND, NOW - MILLISECOND),
        (NOW - MICROSECOND, NOW - MILLISECOND),
        (NOW + MICROSECOND, NOW),
        (NOW + MILLISECOND, NOW),
        (NOW - timedelta(microseconds=1_999), NOW - timedelta(milliseconds=2)),
        (NOW - MONTH + MILLISECOND, NOW - MONTH + MILLISECOND),
        (NOW - MONTH, NOW - MONTH),
        (NOW - MONTH - MICROSECOND, NOW - MONTH),
        (NOW - MONTH - MILLISECOND, NOW - MONTH),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW - MONTH),
        (datetime(9999, 1, 1, tzinfo=UTC), NOW),
    ],
)
def test_the_phones_word_counts_in_whole_milliseconds_within_thirty_days(phone: datetime, kept: datetime) -> None:
    assert clamped(phone, now=NOW) == kept


def test_the_photos_id_follows_from_the_request() -> None:
    assert photo_id_of(command()) == photo_id_of(command(BOB)) == derived("photo")


@pytest.mark.parametrize("photo", [PHOTO, DEVELOPING, replace(PHOTO, rejected_reason="not an image")])
def test_who_took_a_photo_deletes_it_whatever_became_of_it(photo: Photo) -> None:
    event = PhotoDeleted(
        **first_fields(derived("PhotoDeleted")),
        photo_id=PHOTO.photo_id,
        owner_id=ADA,
        taken_at=NOW,
        develops_at=NOW + timedelta(hours=9),
    )
    assert delete(command(), photo, []) == Decision(id=PHOTO.photo_id, event_id=event.event_id, events=(event,))


def test_others_delete_no_photo_and_are_told_so_if_they_see_it() -> None:
    assert refusal(delete, command(BOB), PHOTO, []) == (403, "Only who took the photo may delete it.")
    assert refusal(delete, command(BOB), None, []) == NO_PHOTO


def test_a_photos_facts_are_its_id_its_owner_and_its_two_times() -> None:
    assert facts_of(PHOTO) == {
        "photo_id": PHOTO.photo_id,
        "owner_id": ADA,
        "taken_at": NOW,
        "develops_at": NOW + timedelta(hours=9),
    }
