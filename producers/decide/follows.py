"""Following people and rolls. A person or roll that the one who asks may not know of is None here."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import RollFollowed, RollUnfollowed, UserFollowed, UserUnfollowed
from producers.decide.decision import Act, Decision, already, made
from producers.limits import FOLLOWED_PEOPLE
from projections.accounts.users import User
from projections.rolls.roll import Roll
from projections.tally.tally import Member
from web.problems import Problem, forbidden, not_found


def follow_user(act: Act, person: User | None, live: Sequence[Member], following: int) -> Decision:
    """`live`: this following, if it is so already; `following`: how many people one follows."""
    if person is None:
        raise not_found("person")
    if person.user_id == act.actor:
        raise forbidden("Nobody follows themselves.")
    if live:
        return already(live[0].beginning)
    if following >= FOLLOWED_PEOPLE:
        raise Problem(409, f"You follow {following} people, which is as many as one can. Unfollow somebody first.")
    began = UserFollowed(**act.begin("UserFollowed"), follower_id=act.actor, followee_id=person.user_id)
    return made(began.event_id, began)


def unfollow_user(act: Act, person: UUID, live: Sequence[Member]) -> Decision:
    """Ends every live beginning; whether the person may be seen (still) doesn't matter."""
    if not live:
        raise Problem(404, "You don't follow this person.")
    return made(
        live[0].beginning,
        *(
            UserUnfollowed(
                **act.begin("UserUnfollowed", each.beginning),
                follower_id=act.actor,
                followee_id=person,
                follow_id=each.beginning,
            )
            for each in live
        ),
    )


def follow_roll(act: Act, roll: Roll | None, live: Sequence[Member]) -> Decision:
    """`live`: this following, if it is so already."""
    if roll is None:
        raise not_found("roll")
    if live:
        return already(live[0].beginning)
    began = RollFollowed(**act.begin("RollFollowed"), roll_id=roll.roll_id, follower_id=act.actor)
    return made(began.event_id, began)


def unfollow_roll(act: Act, roll: UUID, live: Sequence[Member]) -> Decision:
    """Ends every live beginning."""
    if not live:
        raise Problem(404, "You don't follow this roll.")
    return made(
        live[0].beginning,
        *(
            RollUnfollowed(
                **act.begin("RollUnfollowed", each.beginning),
                roll_id=roll,
                follower_id=act.actor,
                follow_id=each.beginning,
            )
            for each in live
        ),
    )
