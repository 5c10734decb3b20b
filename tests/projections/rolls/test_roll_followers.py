"""Given who followed a roll, `roll_followers` holds each follow in the shard of who follows, and its size."""

from projections.rolls.roll_followers import roll_followers
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import BO, CY, LAKE, NOON, minutes
from tests.projections.rows import OF_BO, OF_CY, counts_of_kind, list_of, milliseconds, set_of

FOLLOWED, UNFOLLOWED = given.roll_followed(), given.roll_unfollowed()
BY_CY = given.roll_followed(follower_id=CY, occurred_at=minutes(3))
BOS = roll_followers.shard(OF_BO, BO)
CYS = roll_followers.shard(OF_CY, CY)


def test_a_follow_puts_the_follower_into_the_rolls_set() -> None:
    assert set_of(roll_followers, FOLLOWED, BY_CY) == {
        Member(LAKE, BOS, FOLLOWED.event_id, BO, NOON),
        Member(LAKE, CYS, BY_CY.event_id, CY, minutes(3)),
    }
    assert list_of(roll_followers, FOLLOWED) == {Listed(LAKE, BOS, NOON, BO, FOLLOWED.event_id)}
    assert counts_of_kind("roll_followers", FOLLOWED, BY_CY) == {
        Count(LAKE, "roll_followers", BOS, 1, 1, milliseconds(NOON)),
        Count(LAKE, "roll_followers", CYS, 1, 1, milliseconds(minutes(3))),
    }


def test_an_unfollow_ends_the_follow_that_it_names() -> None:
    assert set_of(roll_followers, FOLLOWED, UNFOLLOWED) == {Member(LAKE, BOS, FOLLOWED.event_id, BO, NOON, True)}
    assert counts_of_kind("roll_followers", FOLLOWED, UNFOLLOWED) == {
        Count(LAKE, "roll_followers", BOS, 1, 0, milliseconds(NOON))
    }
