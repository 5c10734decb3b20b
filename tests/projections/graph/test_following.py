"""Given who followed whom, `following` holds a person's follows in one shard, that of their own facts."""

from projections.graph.following import following
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import ADA, BO, CY, NOON, minutes
from tests.projections.rows import OF_BO, counts_of_kind, list_of, milliseconds, set_of

OF_ADA_FOLLOW, UNFOLLOWED = given.user_followed(), given.user_unfollowed()
OF_CY_FOLLOW = given.user_followed(followee_id=CY, occurred_at=minutes(3))


def test_a_follow_puts_who_is_followed_into_the_followers_set() -> None:
    assert set_of(following, OF_ADA_FOLLOW, OF_CY_FOLLOW) == {
        Member(BO, OF_BO, OF_ADA_FOLLOW.event_id, ADA, NOON),
        Member(BO, OF_BO, OF_CY_FOLLOW.event_id, CY, minutes(3)),
    }
    assert list_of(following, OF_ADA_FOLLOW, OF_CY_FOLLOW) == {
        Listed(BO, OF_BO, NOON, ADA, OF_ADA_FOLLOW.event_id),
        Listed(BO, OF_BO, minutes(3), CY, OF_CY_FOLLOW.event_id),
    }
    assert counts_of_kind("following", OF_ADA_FOLLOW, OF_CY_FOLLOW) == {
        Count(BO, "following", OF_BO, 1, 2, milliseconds(minutes(3)))
    }


def test_an_unfollow_takes_out_whom_it_names() -> None:
    assert set_of(following, OF_ADA_FOLLOW, OF_CY_FOLLOW, UNFOLLOWED) == {
        Member(BO, OF_BO, OF_ADA_FOLLOW.event_id, ADA, NOON, True),
        Member(BO, OF_BO, OF_CY_FOLLOW.event_id, CY, minutes(3)),
    }
    assert counts_of_kind("following", OF_ADA_FOLLOW, OF_CY_FOLLOW, UNFOLLOWED) == {
        Count(BO, "following", OF_BO, 1, 1, milliseconds(minutes(3)))
    }
