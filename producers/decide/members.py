"""Joining, leaving and inviting to a roll, removing its members and setting their roles."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import MemberInvited, MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from producers.decide.decision import Command, Decision, accepted, one_event_each, require_beginnings_left, unchanged
from producers.decide.refusals import Code, Conflict, Forbidden, NotFound, no_such_roll, no_such_user
from producers.decide.rolls import owned, require_room
from projections.accounts.users import User
from projections.rolls.members import MEMBER, OWNER
from projections.rolls.roll import Roll
from projections.tally.tally import Member
from projections.visibility import PUBLIC


def join(
    command: Command,
    roll: Roll | None,
    *,
    memberships: Sequence[Member],
    roll_count: int,
    times: int = 0,
    invited: bool = False,
) -> Decision:
    """Makes the command's actor a member of a roll.

    - `memberships`: theirs of this roll.
    - `roll_count`: how many rolls they are a member of.
    - `times`: how often they joined this one, in all.
    - `invited`: whether they have an invitation not yet accepted, which also lets them know of a private roll.

    Raises NotFound; Forbidden if they need an invitation; Conflict if they are in as many rolls as one can
    be; TooMany."""
    if roll is None:
        raise no_such_roll()
    if memberships:
        return unchanged(memberships[0].beginning)
    if roll.visibility != PUBLIC and not invited:
        raise Forbidden(Code.ROLL_INVITATION_REQUIRED, "A private roll is joined by invitation.")
    require_beginnings_left(times, "joined this roll")
    require_room(roll_count)
    metadata = command.metadata("MemberJoined")
    joined = MemberJoined(**metadata, roll_id=roll.roll_id, member_id=command.actor, role=MEMBER)
    return accepted(joined.event_id, joined)


def invite(
    command: Command, roll: Roll | None, own_role: str | None, user: User | None, memberships: Sequence[Member]
) -> Decision:
    """Invites somebody, who may then join even a private roll. `memberships`: theirs of this roll.

    Raises NotFound; Forbidden for who isn't a member."""
    if roll is None:
        raise no_such_roll()
    if own_role is None:
        raise Forbidden(Code.INVITATION_FORBIDDEN, "Only members of the roll invite others.")
    if user is None:
        raise no_such_user()
    if memberships:
        return unchanged(memberships[0].beginning)
    invited = MemberInvited(**command.metadata("MemberInvited"), roll_id=roll.roll_id, member_id=user.user_id)
    return accepted(invited.event_id, invited)


def set_role(
    command: Command,
    roll: Roll | None,
    *,
    own_role: str | None,
    member_id: UUID,
    memberships: Sequence[Member],
    role: str,
    another_owner: bool,
) -> Decision:
    """Gives a member a role.

    - `own_role`: that of the command's actor.
    - `memberships`: the member's, of this roll.
    - `another_owner`: whether the roll has an owner beside this member.

    Raises NotFound; Forbidden for who isn't an owner; Conflict if the roll would be left without one."""
    roll = owned(roll, own_role)
    if not memberships:
        raise no_such_member()
    differing = [row.beginning for row in memberships if (row.role or MEMBER) != role]
    if not differing:
        return unchanged(memberships[0].beginning)
    if role != OWNER and not another_owner:
        raise last_owner()
    roll_id = roll.roll_id
    return one_event_each(
        differing,
        lambda membership_id: MemberRoleChanged(
            **command.metadata("MemberRoleChanged", membership_id),
            roll_id=roll_id,
            member_id=member_id,
            membership_id=membership_id,
            role=role,
        ),
    )


def leave(command: Command, roll_id: UUID, memberships: Sequence[Member], another_owner: bool) -> Decision:
    """Ends one's own memberships of a roll. `another_owner`: whether the roll has an owner beside oneself.

    Raises NotFound if there are none; Conflict if the roll would be left without an owner."""
    if not memberships:
        raise NotFound(Code.NOT_A_MEMBER, "You aren't a member of this roll.")
    if not another_owner and any(row.role == OWNER for row in memberships):
        raise last_owner()
    return one_event_each(
        [row.beginning for row in memberships],
        lambda membership_id: MemberLeft(
            **command.metadata("MemberLeft", membership_id),
            roll_id=roll_id,
            member_id=command.actor,
            membership_id=membership_id,
        ),
    )


def remove(
    command: Command, roll: Roll | None, own_role: str | None, member_id: UUID, memberships: Sequence[Member]
) -> Decision:
    """Ends somebody else's memberships of a roll. Raises NotFound; Forbidden for who isn't an owner."""
    roll_id = owned(roll, own_role).roll_id
    if not memberships:
        raise no_such_member()
    return one_event_each(
        [row.beginning for row in memberships],
        lambda membership_id: MemberRemoved(
            **command.metadata("MemberRemoved", membership_id),
            roll_id=roll_id,
            member_id=member_id,
            membership_id=membership_id,
        ),
    )


def no_such_member() -> NotFound:
    """Returns the refusal for a person who isn't in the roll."""
    return NotFound(Code.USER_NOT_A_MEMBER, "This person isn't a member of the roll.")


def last_owner() -> Conflict:
    """Returns the refusal for what would leave a roll without an owner."""
    detail = "You are the roll's last owner. Make somebody else one first, or delete the roll."
    return Conflict(Code.LAST_OWNER, detail)
