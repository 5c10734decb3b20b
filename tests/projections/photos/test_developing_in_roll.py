"""Given what was put into a roll, `developing_in_roll` counts the photos that haven't developed in it yet."""

import pytest

from events.generated import Event
from projections.photos.developing_in_roll import developing_in_roll
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import DEN, DUSK, LAKE, NOON
from tests.projections.rows import OF_ADA, counts_of_kind, milliseconds, set_of

ADDED = given.photo_added_to_roll()
OF_DUSK = developing_in_roll.shard(OF_ADA, DUSK)


def test_a_photo_that_was_put_in_is_developing() -> None:
    assert set_of(developing_in_roll, ADDED) == {Member(LAKE, OF_DUSK, ADDED.event_id, DUSK, NOON)}
    assert counts_of_kind("developing_in_roll", ADDED) == {
        Count(LAKE, "developing_in_roll", OF_DUSK, 1, 1, milliseconds(NOON))
    }


@pytest.mark.parametrize(
    "end", [given.photo_developed_in_roll(), given.photo_removed_from_roll()], ids=lambda end: type(end).__name__
)
def test_it_is_no_more_once_it_developed_there_or_was_taken_out(end: Event) -> None:
    ended = {Member(LAKE, OF_DUSK, ADDED.event_id, DUSK, NOON, True)}
    assert set_of(developing_in_roll, ADDED, end) == set_of(developing_in_roll, end, ADDED) == ended
    none = {Count(LAKE, "developing_in_roll", OF_DUSK, 1, 0, milliseconds(NOON))}
    assert counts_of_kind("developing_in_roll", ADDED, end) == counts_of_kind("developing_in_roll", end, ADDED) == none


def test_it_develops_in_each_roll_by_itself() -> None:
    to_den = given.photo_added_to_roll(roll_id=DEN)
    assert counts_of_kind(
        "developing_in_roll", ADDED, to_den, given.photo_developed_in_roll(), given.photo_developed()
    ) == {
        Count(LAKE, "developing_in_roll", OF_DUSK, 1, 0, milliseconds(NOON)),
        Count(DEN, "developing_in_roll", OF_DUSK, 1, 1, milliseconds(NOON)),
    }
