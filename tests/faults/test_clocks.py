"""Clocks that are an hour off: no photo develops for it before its time, nobody sees one that did, nothing is lost.

Seen to fail when the flag in the row alone decided what is shown, and when a 503's cause was dropped."""

import pytest

from tests.faults.on_clocks import HOUR, SKEWED, clock_ahead, developed_by_a_clock_ahead, gateway_off
from tests.faults.system import System


def test_a_worker_whose_clock_is_ahead_develops_no_photo_before_its_time(darkroom: System) -> None:
    early = clock_ahead(darkroom)
    darkroom.check({"a develop worker an hour ahead": 0.0})
    assert early.photos == 0


def test_a_photo_that_was_developed_by_a_clock_ahead_is_seen_by_nobody(darkroom: System) -> None:
    shown = developed_by_a_clock_ahead(darkroom)
    darkroom.check({"a develop worker an hour ahead that doesn't ask the database": 0.0})
    assert shown.another.status == 404
    assert shown.owner.status == 200
    assert (shown.owner.body["state"], shown.owner.body["images"]) == ("developing", None)


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_gateway_with_its_clock_off_loses_nothing_and_says_why_it_takes_no_photos(
    darkroom: System, seconds: int
) -> None:
    written = gateway_off(darkroom, seconds)
    darkroom.check({f"a gateway {seconds / HOUR:+.0f} h": 0.0})
    assert (written.roll, written.photo, written.photo_again) == (202, 503, 202)
    assert SKEWED in written.log
