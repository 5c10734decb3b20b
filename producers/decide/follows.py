"""Following people and rolls."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import RollFollowed, RollUnfollowed, UserFollowed, UserUnfollowed
from producers.decide.decision import Command, Decision, accepted, one_event_each, require_beginnings_left, unchanged
from producers.decide.refusals import Code, Conflict, Forbidden, NotFound, no_such_roll, no_such_user
from producers.limits import FOLLOWED_PEOPLE
from projections.accounts.users import User
from projections.rolls.roll import Roll
from projections.tally.tally import Member


def follow_user(
    command: Command, user: User | None, follows: Sequence[Member], following_count: int, times: int = 0
) -> Decision:
    """Follows a person.

    - `follows`: one's own of them that stand
    - `following_count`: how many people one follows
    - `times`: how often one followed them, in all

    Raises NotFound; Forbidden for oneself; Conflict if one follows as many as one can; TooMany."""
    if user is None:
        raise no_such_user()
    if user.user_id == command.actor:
        raise Forbidden(Code.SELF_FOLLOW, "Nobody follows themselves.")
    if follows:
        return unchanged(follows[0].beginning)
    require_beginnings_left(times, "followed this person")
    if following_count >= FOLLOWED_PEOPLE:
        detail = f"You follow {following_count} people, which is as many as one can. Unfollow somebody first."
        raise Conflict(Code.FOLLOW_LIMIT, detail)
    followed = UserFollowed(**command.metadata("UserFollowed"), follower_id=command.actor, followee_id=user.user_id)
    return accepted(followed.event_id, followed)


def unfollow_user(command: Command, user_id: UUID, follows: Sequence[Member]) -> Decision:
    """Ends every follow of a person, whether or not they may (still) be seen. Raises NotFound if there is none."""
    if not follows:
        raise NotFound(Code.NOT_FOLLOWING_USER, "You don't follow this person.")
    return one_event_each(
        [row.beginning for row in follows],
        lambda follow_id: UserUnfollowed(
            **command.metadata("UserUnfollowed", follow_id),
            follower_id=command.actor,
            followee_id=user_id,
            follow_id=follow_id,
        ),
    )


def follow_roll(command: Command, roll: Roll | None, follows: Sequence[Member], times: int = 0) -> Decision:
    """Follows a roll. `times`: how often one followed it, in all. Raises NotFound; TooMany."""
    if roll is None:
        raise no_such_roll()
    if follows:
        return unchanged(follows[0].beginning)
    require_beginnings_left(times, "followed this roll")
    followed = RollFollowed(**command.metadata("RollFollowed"), roll_id=roll.roll_id, follower_id=command.actor)
    return accepted(followed.event_id, followed)


def unfollow_roll(command: Command, roll_id: UUID, follows: Sequence[Member]) -> Decision:
    """Ends every follow of a roll, whether or not it may (still) be seen. Raises NotFound if there is none."""
    if not follows:
        raise NotFound(Code.NOT_FOLLOWING_ROLL, "You don't follow this roll.")
    return one_event_each(
        [row.beginning for row in follows],
        lambda follow_id: RollUnfollowed(
            **command.metadata("RollUnfollowed", follow_id),
            roll_id=roll_id,
            follower_id=command.actor,
            follow_id=follow_id,
        ),
    )
