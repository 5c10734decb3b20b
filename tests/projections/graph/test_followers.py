"""Given who followed whom, `followers` holds each follow in the shard of who follows, and its size."""

from projections.graph.followers import followers
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import ADA, BO, CY, NOON, minutes
from tests.projections.rows import OF_BO, OF_CY, counts_of_kind, list_of, milliseconds, set_of, shard_rows

NIL = given.UUID(int=0)
HERE, THERE = followers.shard(OF_BO, BO), followers.shard(OF_CY, CY)  # of who follows, and of another
FOLLOWED, UNFOLLOWED = given.user_followed(), given.user_unfollowed()
AGAIN = given.user_followed(occurred_at=minutes(5))
BY_CY = given.user_followed(follower_id=CY, occurred_at=minutes(3))


def test_a_follow_puts_the_follower_into_the_set_of_who_is_followed() -> None:
    assert set_of(followers, FOLLOWED) == {Member(ADA, HERE, FOLLOWED.event_id, BO, NOON)}
    assert list_of(followers, FOLLOWED) == {Listed(ADA, HERE, NOON, BO, FOLLOWED.event_id)}


def test_followers_are_counted_in_the_shard_of_each() -> None:
    assert counts_of_kind("followers", FOLLOWED, BY_CY) == {
        Count(ADA, "followers", HERE, 1, 1, milliseconds(NOON)),
        Count(ADA, "followers", THERE, 1, 1, milliseconds(minutes(3))),
    }


def test_the_shards_own_row_says_how_far_it_was_folded() -> None:
    assert shard_rows(followers, FOLLOWED, UNFOLLOWED, AGAIN) == {
        Member(ADA, HERE, NIL, NIL, total=1, latest=milliseconds(minutes(5)), position=2, epoch=0)
    }


def test_an_unfollow_ends_the_follow_that_it_names_and_stays_in_the_list() -> None:
    ended = Member(ADA, HERE, FOLLOWED.event_id, BO, NOON, True)
    assert set_of(followers, FOLLOWED, UNFOLLOWED) == {ended}
    assert list_of(followers, FOLLOWED, UNFOLLOWED) == {Listed(ADA, HERE, NOON, BO, FOLLOWED.event_id)}
    assert counts_of_kind("followers", FOLLOWED, UNFOLLOWED) == {
        Count(ADA, "followers", HERE, 1, 0, milliseconds(NOON))
    }


def test_an_unfollow_of_an_earlier_follow_leaves_a_later_one() -> None:
    assert set_of(followers, FOLLOWED, AGAIN, UNFOLLOWED) == {
        Member(ADA, HERE, FOLLOWED.event_id, BO, NOON, True),
        Member(ADA, HERE, AGAIN.event_id, BO, minutes(5)),
    }
    assert counts_of_kind("followers", FOLLOWED, AGAIN, UNFOLLOWED) == {
        Count(ADA, "followers", HERE, 1, 1, milliseconds(minutes(5)))
    }


def test_who_follows_twice_counts_once() -> None:
    assert counts_of_kind("followers", FOLLOWED, AGAIN) == {
        Count(ADA, "followers", HERE, 1, 1, milliseconds(minutes(5)))
    }


def test_an_unfollow_before_its_follow_ends_it_all_the_same() -> None:
    assert set_of(followers, UNFOLLOWED) == {Member(ADA, HERE, FOLLOWED.event_id, BO, None, True)}
    assert set_of(followers, UNFOLLOWED, FOLLOWED) == {Member(ADA, HERE, FOLLOWED.event_id, BO, NOON, True)}
    assert counts_of_kind("followers", UNFOLLOWED) == {Count(ADA, "followers", HERE, 1, 0, 0)}
    assert counts_of_kind("followers", UNFOLLOWED, FOLLOWED) == {
        Count(ADA, "followers", HERE, 1, 0, milliseconds(NOON))
    }
