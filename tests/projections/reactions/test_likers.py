"""Given who liked a photo, `likers` holds each like in the shard of who likes, and its size."""

from projections.reactions.likers import likers
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import BO, CY, DAWN, DUSK, NOON, minutes
from tests.projections.rows import OF_BO, OF_CY, counts_of_kind, list_of, milliseconds, set_of

LIKED, UNLIKED = given.photo_liked(), given.photo_unliked()
BY_CY = given.photo_liked(liker_id=CY, occurred_at=minutes(3))
BOS = likers.shard(OF_BO, BO)
CYS = likers.shard(OF_CY, CY)


def test_a_like_puts_who_likes_into_the_photos_set() -> None:
    assert set_of(likers, LIKED, BY_CY) == {
        Member(DUSK, BOS, LIKED.event_id, BO, NOON),
        Member(DUSK, CYS, BY_CY.event_id, CY, minutes(3)),
    }
    assert list_of(likers, LIKED, BY_CY) == {
        Listed(DUSK, BOS, NOON, BO, LIKED.event_id),
        Listed(DUSK, CYS, minutes(3), CY, BY_CY.event_id),
    }
    assert counts_of_kind("likers", LIKED, BY_CY) == {
        Count(DUSK, "likers", BOS, 1, 1, milliseconds(NOON)),
        Count(DUSK, "likers", CYS, 1, 1, milliseconds(minutes(3))),
    }


def test_an_unlike_ends_the_like_that_it_names() -> None:
    assert set_of(likers, LIKED, UNLIKED) == {Member(DUSK, BOS, LIKED.event_id, BO, NOON, True)}
    assert counts_of_kind("likers", LIKED, UNLIKED) == {Count(DUSK, "likers", BOS, 1, 0, milliseconds(NOON))}


def test_likes_of_two_photos_are_counted_apart() -> None:
    other = given.photo_liked(photo_id=DAWN, occurred_at=minutes(1))
    assert counts_of_kind("likers", LIKED, other, UNLIKED) == {
        Count(DUSK, "likers", BOS, 1, 0, milliseconds(NOON)),
        Count(DAWN, "likers", BOS, 1, 1, milliseconds(minutes(1))),
    }
