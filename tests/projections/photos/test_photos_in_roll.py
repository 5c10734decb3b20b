"""Given what was put into a roll, `photos_in_roll` counts it, developing or not, in the shard of each photo's owner."""

from projections.photos.photos_in_roll import photos_in_roll
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import BO, DAWN, DUSK, LAKE, NOON, minutes
from tests.projections.rows import OF_ADA, OF_BO, counts_of_kind, milliseconds, set_of

ADDED, REMOVED = given.photo_added_to_roll(), given.photo_removed_from_roll()
OF_BO_ADDED = given.photo_added_to_roll(photo_id=DAWN, owner_id=BO, occurred_at=minutes(3))
OF_DUSK = photos_in_roll.shard(OF_ADA, DUSK)
OF_DAWN = photos_in_roll.shard(OF_BO, DAWN)


def test_a_placement_puts_the_photo_into_the_rolls_set() -> None:
    assert set_of(photos_in_roll, ADDED, OF_BO_ADDED) == {
        Member(LAKE, OF_DUSK, ADDED.event_id, DUSK, NOON),
        Member(LAKE, OF_DAWN, OF_BO_ADDED.event_id, DAWN, minutes(3)),
    }
    assert counts_of_kind("photos_in_roll", ADDED, OF_BO_ADDED) == {
        Count(LAKE, "photos_in_roll", OF_DUSK, 1, 1, milliseconds(NOON)),
        Count(LAKE, "photos_in_roll", OF_DAWN, 1, 1, milliseconds(minutes(3))),
    }


def test_a_photo_counts_on_when_it_develops_and_no_more_when_it_is_taken_out() -> None:
    assert counts_of_kind("photos_in_roll", ADDED, given.photo_developed_in_roll()) == {
        Count(LAKE, "photos_in_roll", OF_DUSK, 1, 1, milliseconds(NOON))
    }
    assert set_of(photos_in_roll, ADDED, REMOVED) == {Member(LAKE, OF_DUSK, ADDED.event_id, DUSK, NOON, True)}
    assert counts_of_kind("photos_in_roll", ADDED, REMOVED) == {
        Count(LAKE, "photos_in_roll", OF_DUSK, 1, 0, milliseconds(NOON))
    }


def test_a_photo_in_two_placements_counts_once_until_both_have_ended() -> None:
    again = given.photo_added_to_roll(occurred_at=minutes(9))
    gone = given.photo_removed_from_roll(placement_id=again.event_id)
    once = {Count(LAKE, "photos_in_roll", OF_DUSK, 1, 1, milliseconds(minutes(9)))}
    assert counts_of_kind("photos_in_roll", ADDED, again) == once
    assert counts_of_kind("photos_in_roll", ADDED, again, gone) == once
    assert counts_of_kind("photos_in_roll", ADDED, again, gone, REMOVED) == {
        Count(LAKE, "photos_in_roll", OF_DUSK, 1, 0, milliseconds(minutes(9)))
    }
