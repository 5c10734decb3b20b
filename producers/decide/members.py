"""Joining, leaving and running a roll. A roll that the one who asks may not know of is None here."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import MemberInvited, MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from producers.decide.decision import Act, Decision, already, made
from producers.decide.rolls import owned, room_for_one_more
from projections.accounts.users import User
from projections.rolls.roll import Roll
from projections.tally.tally import Member
from projections.visibility import MEMBER, OWNER, PUBLIC
from web.problems import Problem, forbidden, not_found

LAST_OWNER = "You are the roll's last owner. Make somebody else one first, or delete the roll."


def join(act: Act, roll: Roll | None, live: Sequence[Member], memberships: int, invited: bool = False) -> Decision:
    """Becoming a member oneself. `live`: one's memberships of this roll; `memberships`: how many rolls one is in.

    `invited`: one has an invitation that isn't spent, which also lets one know of a private roll."""
    if roll is None:
        raise not_found("roll")
    if live:
        return already(live[0].beginning)
    if roll.visibility != PUBLIC and not invited:
        raise forbidden("A private roll is joined by invitation.")
    room_for_one_more(memberships)
    joined = MemberJoined(**act.begin("MemberJoined"), roll_id=roll.roll_id, member_id=act.actor, role=MEMBER)
    return made(joined.event_id, joined)


def invite(act: Act, roll: Roll | None, own_role: str | None, person: User | None, live: Sequence[Member]) -> Decision:
    """A member invites somebody (`live`: their memberships of this roll), who may then join even if it is private."""
    if roll is None:
        raise not_found("roll")
    if own_role is None:
        raise forbidden("Only members of the roll invite others.")
    if person is None:
        raise not_found("person")
    if live:
        return already(live[0].beginning)
    invited = MemberInvited(**act.begin("MemberInvited"), roll_id=roll.roll_id, member_id=person.user_id)
    return made(invited.event_id, invited)


def set_role(
    act: Act,
    roll: Roll | None,
    own_role: str | None,
    member: UUID,
    live: Sequence[Member],
    role: str,
    another_owner: bool,
) -> Decision:
    """An owner gives a member (`live`: their memberships) a role. `another_owner`: there is one beside this member."""
    known = owned(roll, own_role)
    if not live:
        raise Problem(404, "This person isn't a member of the roll.")
    wrong = [each for each in live if (each.role or MEMBER) != role]
    if not wrong:
        return already(live[0].beginning)
    if role != OWNER and not another_owner:
        raise Problem(409, LAST_OWNER)
    return made(
        wrong[0].beginning,
        *(
            MemberRoleChanged(
                **act.begin("MemberRoleChanged", each.beginning),
                roll_id=known.roll_id,
                member_id=member,
                membership_id=each.beginning,
                role=role,
            )
            for each in wrong
        ),
    )


def leave(act: Act, roll_id: UUID, live: Sequence[Member], another_owner: bool) -> Decision:
    """Ends one's own memberships of a roll."""
    if not live:
        raise Problem(404, "You aren't a member of this roll.")
    if not another_owner and any(each.role == OWNER for each in live):
        raise Problem(409, LAST_OWNER)
    return made(
        live[0].beginning,
        *(
            MemberLeft(
                **act.begin("MemberLeft", each.beginning),
                roll_id=roll_id,
                member_id=act.actor,
                membership_id=each.beginning,
            )
            for each in live
        ),
    )


def remove(act: Act, roll: Roll | None, own_role: str | None, member: UUID, live: Sequence[Member]) -> Decision:
    """An owner ends somebody else's memberships."""
    known = owned(roll, own_role)
    if not live:
        raise Problem(404, "This person isn't a member of the roll.")
    return made(
        live[0].beginning,
        *(
            MemberRemoved(
                **act.begin("MemberRemoved", each.beginning),
                roll_id=known.roll_id,
                member_id=member,
                membership_id=each.beginning,
            )
            for each in live
        ),
    )
