"""9 am of the calendar day after, over every oddity of the world's clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.decide.develops_at import RULE_VERSION, develops, develops_at, zones

LONGEST = timedelta(hours=58)  # 33 h, a day that a zone skipped whole, and an hour that it set its clocks back


def local(text: str, zone: str, fold: int = 0) -> datetime:
    """A local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "received", "develops"),
    [
        ("Europe/Berlin", "2026-06-19T23:59", "2026-06-20T09:00"),
        ("Europe/Berlin", "2026-06-20T00:30", "2026-06-21T09:00"),
        ("Europe/Berlin", "2026-06-20T08:59", "2026-06-21T09:00"),
        ("Europe/Berlin", "2026-03-28T22:00", "2026-03-29T09:00"),  # the night that loses an hour
        ("Europe/Berlin", "2026-10-24T22:00", "2026-10-25T09:00"),  # the night that gains one
        ("America/New_York", "2026-03-07T22:00", "2026-03-08T09:00"),
        ("America/New_York", "2026-10-31T22:00", "2026-11-01T09:00"),
        ("Australia/Lord_Howe", "2026-04-04T22:00", "2026-04-05T09:00"),  # by half an hour
        ("Australia/Lord_Howe", "2026-10-03T22:00", "2026-10-04T09:00"),
        ("Pacific/Apia", "2011-12-28T10:00", "2011-12-29T09:00"),
        ("Pacific/Apia", "2011-12-29T10:00", "2011-12-31T09:00"),  # the 30th never was
        ("Pacific/Apia", "2011-12-31T00:30", "2012-01-01T09:00"),
        ("Pacific/Kiritimati", "1994-12-30T10:00", "1995-01-01T09:00"),  # the 31st never was
        ("Pacific/Kiritimati", "2026-06-19T12:00", "2026-06-20T09:00"),
        ("Asia/Kathmandu", "2026-06-19T12:00", "2026-06-20T09:00"),
        ("UTC", "2026-12-31T23:59:59.999", "2027-01-01T09:00"),
    ],
)
def test_develops_at_nine_the_next_day_that_there_is(zone: str, received: str, develops: str) -> None:
    assert develops_at(local(received, zone), zone) == local(develops, zone)


@pytest.mark.parametrize(
    ("zone", "night", "hours"),
    [
        ("Europe/Berlin", "2026-03-28T22:00", 10),
        ("Europe/Berlin", "2026-10-24T22:00", 12),
        ("America/New_York", "2026-03-07T22:00", 10),
        ("America/New_York", "2026-10-31T22:00", 12),
        ("Australia/Lord_Howe", "2026-10-03T22:00", 10.5),
        ("Australia/Lord_Howe", "2026-04-04T22:00", 11.5),
    ],
)
def test_the_wait_is_as_long_as_the_night(zone: str, night: str, hours: float) -> None:
    received = local(night, zone)
    assert develops_at(received, zone) - received == timedelta(hours=hours)


def test_both_of_a_repeated_hour_wait_for_the_same_morning() -> None:
    first, second = (local("2026-10-25T02:30", "Europe/Berlin", fold) for fold in (0, 1))
    assert second - first == timedelta(hours=1)
    assert develops_at(first, "Europe/Berlin") == develops_at(second, "Europe/Berlin")


def test_a_nine_oclock_that_was_skipped_is_put_off_by_as_much() -> None:
    # Athens set its clocks from 9 to 10 on 1 April 1979: the one time since 1970 that a zone skipped just this hour.
    received = local("1979-03-31T12:00", "Europe/Athens")
    assert develops_at(received, "Europe/Athens") == local("1979-04-01T10:00", "Europe/Athens")


@given(
    zone=st.sampled_from(sorted(zones())),
    received=st.datetimes(datetime(1972, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),
)
def test_is_always_in_the_future_and_at_nine_unless_there_is_no_nine(zone: str, received: datetime) -> None:
    develops = develops_at(received, zone)
    assert timedelta(0) < develops - received < LONGEST
    assert develops.tzinfo is UTC
    there = develops.astimezone(ZoneInfo(zone))
    wanted = received.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    assert (there.hour, there.minute, there.date()) == (9, 0, wanted) or not exists(wanted, zone)


def exists(day: date, zone: str) -> bool:
    """Whether 9 am of a day comes in a zone."""
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(zone))
    return nine.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == nine.replace(tzinfo=None)


def test_the_version_names_the_rule_and_its_data() -> None:
    assert RULE_VERSION.startswith("next-morning-9am/1 tzdata 20")


def test_a_delay_takes_the_rules_place() -> None:
    received = datetime(2026, 6, 19, 21, tzinfo=UTC)
    assert develops(received, "UTC", timedelta(seconds=10)) == (received + timedelta(seconds=10), "delay-10s")
    assert develops(received, "UTC", None) == (datetime(2026, 6, 20, 9, tzinfo=UTC), RULE_VERSION)


def test_zones_are_real_ones() -> None:
    assert {"Europe/Berlin", "Pacific/Apia", "UTC"} <= zones()
    assert not {"Factory", "Mars/Olympus", "europe/berlin"} & zones()
