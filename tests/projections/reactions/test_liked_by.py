"""Given what a person liked, `liked_by` holds each like in the person's own set, in shards by the photo."""

from projections.reactions.liked_by import liked_by
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import BO, CY, DAWN, DUSK, NOON, minutes
from tests.projections.rows import OF_BO, OF_CY, counts_of_kind, milliseconds, set_of

LIKED, UNLIKED = given.photo_liked(), given.photo_unliked()
BY_CY = given.photo_liked(liker_id=CY, occurred_at=minutes(3))
# Bo's shards, of which each photo is in another; Cy's.
OF_DUSK, OF_DAWN, CYS = (liked_by.shard(*each) for each in ((OF_BO, DUSK), (OF_BO, DAWN), (OF_CY, DUSK)))
OTHER = given.photo_liked(photo_id=DAWN, occurred_at=minutes(1))


def test_a_like_puts_the_photo_into_the_set_of_who_likes() -> None:
    assert set_of(liked_by, LIKED, OTHER, BY_CY) == {
        Member(BO, OF_DUSK, LIKED.event_id, DUSK, NOON),
        Member(BO, OF_DAWN, OTHER.event_id, DAWN, minutes(1)),
        Member(CY, CYS, BY_CY.event_id, DUSK, minutes(3)),
    }
    assert counts_of_kind("liked_by", LIKED, OTHER, BY_CY) == {
        Count(BO, "liked_by", OF_DUSK, 1, 1, milliseconds(NOON)),
        Count(BO, "liked_by", OF_DAWN, 1, 1, milliseconds(minutes(1))),
        Count(CY, "liked_by", CYS, 1, 1, milliseconds(minutes(3))),
    }


def test_an_unlike_ends_the_like_that_it_names() -> None:
    assert set_of(liked_by, LIKED, UNLIKED) == {Member(BO, OF_DUSK, LIKED.event_id, DUSK, NOON, True)}
    assert counts_of_kind("liked_by", LIKED, UNLIKED) == {Count(BO, "liked_by", OF_DUSK, 1, 0, milliseconds(NOON))}
