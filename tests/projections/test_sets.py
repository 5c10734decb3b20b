"""Counts and lists are right whatever comes twice, late, or about a beginning that is over."""

import random
from collections.abc import Sequence
from uuid import UUID

import pytest

from events.generated import Event
from projections.graph.followers import followers
from projections.graph.following import following
from projections.reactions.likers import likers
from projections.rolls.members import members
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.memory import MemoryStore
from projections.tally.queries import counts_of, newest_members
from projections.tally.tally import Tally
from tests import given
from tests.given import DUSK, LAKE, minutes
from tests.histories import USERS
from tests.kit import folded

pytestmark = pytest.mark.anyio

ADA, GRACE, KENJI, TUI = USERS
LIKES = [given.photo_liked(liker_id=user, occurred_at=minutes(n)) for n, user in enumerate(USERS)]
JOINS = [given.member_joined(member_id=user, occurred_at=minutes(n)) for n, user in enumerate(USERS)]
UNLIKED = given.photo_unliked(liker_id=GRACE, like_id=LIKES[1].event_id, occurred_at=minutes(30))
REMOVED = given.member_removed(member_id=KENJI, membership_id=JOINS[2].event_id, occurred_at=minutes(30))
FOLLOW = {"follower_id": GRACE, "followee_id": ADA}
FIRST = given.user_followed(**FOLLOW, occurred_at=minutes(1))
AGAIN = given.user_followed(**FOLLOW, occurred_at=minutes(40))
ENDED, ENDED_AGAIN = (
    given.user_unfollowed(**FOLLOW, follow_id=each.event_id, occurred_at=minutes(30)) for each in (FIRST, AGAIN)
)

# What happened, whose set of which kind it is about, and who is in it in the end, newest first.
STORIES: dict[str, tuple[Sequence[Event], Tally, UUID, list[UUID]]] = {
    "an unlike by one of many": ([*LIKES, UNLIKED], likers, DUSK, [TUI, KENJI, ADA]),
    "a member removed by the owner": ([*JOINS, REMOVED], members, LAKE, [TUI, GRACE, ADA]),
    "… who isn't in the roll any more": ([*JOINS, REMOVED], rolls_of_user, KENJI, []),
    "a follow ended and begun again": ([FIRST, ENDED, AGAIN], followers, ADA, [GRACE]),
    "… seen from who follows": ([FIRST, ENDED, AGAIN], following, GRACE, [ADA]),
    "… and ended again": ([FIRST, ENDED, AGAIN, ENDED_AGAIN], followers, ADA, []),
    "an undo of what has ended": ([FIRST, ENDED, AGAIN, ENDED], followers, ADA, [GRACE]),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("arrival", ["once", "each twice", "all again", "late, in any order"])
async def test_counts_and_lists_are_right(story: tuple[Sequence[Event], Tally, UUID, list[UUID]], arrival: str) -> None:
    history, tally, entity, expected = story
    arrivals = {
        "once": history,
        "each twice": [event for event in history for _ in range(2)],
        "all again": [*history, *history],
        "late, in any order": random.Random(7).sample([*history, *history], 2 * len(history)),
    }
    store = MemoryStore()
    await folded(store, arrivals[arrival])
    listed = [row.member for row in (await newest_members(store, tally, entity)).members.values()]
    [counts] = await counts_of(store, [entity])
    assert listed == expected
    assert counts[tally.name] == len(expected)
