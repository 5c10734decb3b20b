"""Counts and lists are right whatever comes twice, late, or about a beginning that is over."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from events.generated import (
    Event,
    MemberJoined,
    MemberRemoved,
    PhotoLiked,
    PhotoUnliked,
    UserFollowed,
    UserUnfollowed,
)
from projections.graph.followers import followers
from projections.graph.following import following
from projections.reactions.likers import likers
from projections.rolls.members import members
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.memory import MemoryStore
from projections.tally.queries import counts_of, newest_members
from projections.tally.tally import Tally
from tests.histories import PHOTOS, ROLLS, START, USERS
from tests.kit import folded, run

ADA, GRACE, KENJI, TUI = USERS
PHOTO, ROLL = PHOTOS[0], ROLLS[0]


def base(name: str, who: UUID, minute: int) -> dict[str, object]:
    return {"event_id": uuid5(ADA, name), "occurred_at": START + timedelta(minutes=minute), "actor_id": who}


def liked(who: UUID, minute: int) -> PhotoLiked:
    return PhotoLiked(**base(f"like {who}", who, minute), photo_id=PHOTO, liker_id=who)  # type: ignore[arg-type]


def unliked(like: PhotoLiked) -> PhotoUnliked:
    more = {"photo_id": PHOTO, "liker_id": like.liker_id, "like_id": like.event_id}
    return PhotoUnliked(**base(f"unlike {like.event_id}", like.liker_id, 30), **more)  # type: ignore[arg-type]


def joined(who: UUID, minute: int) -> MemberJoined:
    more = {"roll_id": ROLL, "member_id": who, "role": "member"}
    return MemberJoined(**base(f"join {who}", who, minute), **more)  # type: ignore[arg-type]


def removed(membership: MemberJoined) -> MemberRemoved:
    more = {"roll_id": ROLL, "member_id": membership.member_id, "membership_id": membership.event_id}
    return MemberRemoved(**base(f"removed {membership.event_id}", ADA, 30), **more)  # type: ignore[arg-type]


def followed(who: UUID, whom: UUID, minute: int) -> UserFollowed:
    more = {"follower_id": who, "followee_id": whom}
    return UserFollowed(**base(f"follow {who} {whom} {minute}", who, minute), **more)  # type: ignore[arg-type]


def unfollowed(follow: UserFollowed) -> UserUnfollowed:
    more = {"follower_id": follow.follower_id, "followee_id": follow.followee_id, "follow_id": follow.event_id}
    return UserUnfollowed(**base(f"unfollow {follow.event_id}", follow.follower_id, 30), **more)  # type: ignore[arg-type]


LIKES = [liked(user, n) for n, user in enumerate(USERS)]
JOINS = [joined(user, n) for n, user in enumerate(USERS)]
FIRST, AGAIN = followed(GRACE, ADA, 1), followed(GRACE, ADA, 40)

# What happened, whose set of which kind it is about, and who is in it in the end, newest first.
STORIES: dict[str, tuple[Sequence[Event], Tally, UUID, list[UUID]]] = {
    "an unlike by one of many": ([*LIKES, unliked(LIKES[1])], likers, PHOTO, [TUI, KENJI, ADA]),
    "a member removed by the owner": ([*JOINS, removed(JOINS[2])], members, ROLL, [TUI, GRACE, ADA]),
    "… who isn't in the roll any more": ([*JOINS, removed(JOINS[2])], rolls_of_user, KENJI, []),
    "a follow ended and begun again": ([FIRST, unfollowed(FIRST), AGAIN], followers, ADA, [GRACE]),
    "… seen from who follows": ([FIRST, unfollowed(FIRST), AGAIN], following, GRACE, [ADA]),
    "… and ended again": ([FIRST, unfollowed(FIRST), AGAIN, unfollowed(AGAIN)], followers, ADA, []),
    "an undo of what has ended": (
        [FIRST, unfollowed(FIRST), AGAIN, unfollowed(FIRST)],
        followers,
        ADA,
        [GRACE],
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("arrival", ["once", "each twice", "all again", "late, in any order"])
def test_counts_and_lists_are_right(story: tuple[Sequence[Event], Tally, UUID, list[UUID]], arrival: str) -> None:
    history, tally, entity, expected = story
    arrivals = {
        "once": history,
        "each twice": [event for event in history for _ in range(2)],
        "all again": [*history, *history],
        "late, in any order": random.Random(7).sample([*history, *history], 2 * len(history)),
    }

    async def scenario() -> None:
        store = MemoryStore()
        await folded(store, arrivals[arrival])
        listed = [row.member async for row in newest_members(store, tally, entity)]
        [counts] = await counts_of(store, [entity])
        assert listed == expected
        assert counts[tally.kind] == len(expected)

    run(scenario())
