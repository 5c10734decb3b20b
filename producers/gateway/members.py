"""Who is in a roll: joining, leaving, inviting, removing, roles."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from producers.decide import members as decisions
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Invalid
from producers.decide.rolls import owned
from producers.gateway.bodies import Membership, NewInvitation
from producers.gateway.paths import RollId, UserId
from producers.gateway.reads import Standing, size_of, standing
from producers.gateway.write import Write
from projections.rolls.invitations import invitation, was_accepted
from projections.rolls.members import OWNER, another_owner, members
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.queries import belonging
from projections.visibility import VisibleRows, roll_exists


async def put_member(roll_id: RollId, user_id: UserId, write: Write, how: Membership | None = None) -> Response:
    """Joins a public roll, or by invitation, oneself (no body), or, for an owner, gives a member a role."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        role = how.role.value if how is not None and how.role is not None else None
        if user_id == command.actor and role is None:
            return await decide_to_join(command, visible, roll_id)
        return await decide_role(command, visible, roll_id=roll_id, member_id=user_id, role=role)

    return await write.respond(decide)


async def decide_to_join(command: Command, visible: VisibleRows, roll_id: UUID) -> Decision:
    """Reads what joining is decided from, and decides. Raises Refusal."""
    here, roll_count = await asyncio.gather(
        standing(visible, roll_id), size_of(visible.store, command.actor, rolls_of_user.name)
    )
    roll, invited = here.roll, False
    if roll is None and roll_exists(here.row):  # a private roll, which only its members see
        invited = await is_invited(visible.store, user_id=command.actor, roll_id=roll_id)
        roll = here.row if invited else None
    return decisions.join(command, roll, memberships=here.own, times=here.times, roll_count=roll_count, invited=invited)


async def decide_role(
    command: Command, visible: VisibleRows, *, roll_id: UUID, member_id: UUID, role: str | None
) -> Decision:
    """Reads what giving a role is decided from, and decides. Raises Refusal."""
    here = await standing(visible, roll_id, member_id)
    owned(here.roll, here.role)
    if role is None:
        raise Invalid(Code.ROLE_MISSING, "Say which role: people join rolls themselves.")
    return decisions.set_role(
        command,
        here.roll,
        own_role=here.role,
        member_id=member_id,
        memberships=here.of(member_id),
        role=role,
        another_owner=member_id != command.actor or role == OWNER or await keeps_an_owner(visible, here),
    )


async def is_invited(store: Store, *, user_id: UUID, roll_id: UUID) -> bool:
    """Whether a person has an invitation to a roll and hasn't joined since."""
    last, membership = await asyncio.gather(
        invitation(store, user_id, roll_id), belonging(store, members, entity=roll_id, member=user_id)
    )
    return last is not None and not was_accepted(last, membership)


async def keeps_an_owner(visible: VisibleRows, here: Standing) -> bool:
    """Whether a roll would still have an owner without the viewer; one that is deleted needs none.

    Only an owner's leaving or stepping back asks: whoever ends or changes somebody else's membership is one."""
    row = here.row
    return (
        here.role != OWNER
        or row is None
        or bool(row.deleted)
        or await another_owner(visible.store, row, visible.viewer)
    )


async def invite(roll_id: RollId, new: NewInvitation, write: Write) -> Response:
    """Invites somebody to join a roll, private ones too. For its members; an invitation is good for joining once."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        here, user = await asyncio.gather(standing(visible, roll_id, new.user), visible.user(new.user))
        return decisions.invite(command, here.roll, here.role, user, here.of(new.user))

    return await write.respond(decide)


async def end_member(roll_id: RollId, user_id: UserId, write: Write) -> Response:
    """Leaves a roll oneself, or, for an owner, removes a member. The last owner can't leave."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        here = await standing(visible, roll_id, user_id)
        if user_id == command.actor:
            return decisions.leave(command, roll_id, here.own, await keeps_an_owner(visible, here))
        return decisions.remove(command, here.roll, here.role, user_id, here.of(user_id))

    return await write.respond(decide)
