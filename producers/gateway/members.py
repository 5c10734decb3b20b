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
from producers.gateway.reads import size_of
from producers.gateway.write import Write
from projections.rolls.invitations import invitation, was_accepted
from projections.rolls.members import another_owner, members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.queries import live_beginnings, shard_of
from projections.visibility import VisibleRows, roll_exists


async def put_member(roll_id: RollId, user_id: UserId, write: Write, how: Membership | None = None) -> Response:
    """Joins a public roll, or by invitation, oneself (no body), or, for an owner, gives a member a role."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        role = how.role.value if how is not None and how.role is not None else None
        if user_id == command.actor and role is None:
            return await decide_to_join(write.store, command, roll_id)
        return await decide_role(write.store, command, roll_id=roll_id, member_id=user_id, role=role)

    return await write.respond(decide)


async def decide_to_join(store: Store, command: Command, roll_id: UUID) -> Decision:
    """Reads what joining is decided from, and decides. Raises Refusal."""
    roll, memberships = await asyncio.gather(
        VisibleRows(store, command.actor, command.at).roll(roll_id),
        live_beginnings(store, members, entity=roll_id, member=command.actor),
    )
    invited = roll is None and await is_invited(store, user_id=command.actor, roll_id=roll_id)
    if invited:  # to a private roll, which only its members see
        row: Roll | None = await store.get(ROLL, roll_id)
        roll = row if roll_exists(row) else None
    roll_count = await size_of(store, command.actor, rolls_of_user.name)
    return decisions.join(command, roll, memberships=memberships, roll_count=roll_count, invited=invited)


async def decide_role(store: Store, command: Command, *, roll_id: UUID, member_id: UUID, role: str | None) -> Decision:
    """Reads what giving a role is decided from, and decides. Raises Refusal."""
    visible = VisibleRows(store, command.actor, command.at)
    roll, memberships = await asyncio.gather(
        visible.roll(roll_id), live_beginnings(store, members, entity=roll_id, member=member_id)
    )
    own_role = await visible.role(roll_id)
    owned(roll, own_role)
    if role is None:
        raise Invalid(Code.ROLE_MISSING, "Say which role: people join rolls themselves.")
    return decisions.set_role(
        command,
        roll,
        own_role=own_role,
        member_id=member_id,
        memberships=memberships,
        role=role,
        another_owner=await keeps_an_owner(store, roll, without=member_id),
    )


async def is_invited(store: Store, *, user_id: UUID, roll_id: UUID) -> bool:
    """Whether a person has an invitation to a roll and hasn't joined since."""
    last = await invitation(store, user_id, roll_id)
    if last is None:
        return False
    memberships = await store.pick(
        members.members, (roll_id, shard_of(members, entity=roll_id, member=user_id)), [user_id]
    )
    return not was_accepted(last, memberships)


async def keeps_an_owner(store: Store, roll: Roll | None, *, without: UUID) -> bool:
    """Whether a roll would still have an owner without this person; one that is deleted needs none."""
    return roll is None or bool(roll.deleted) or await another_owner(store, roll, without)


async def invite(roll_id: RollId, new: NewInvitation, write: Write) -> Response:
    """Invites somebody to join a roll, private ones too. For its members; an invitation is good for joining once."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        roll, own_role, user, memberships = await asyncio.gather(
            visible.roll(roll_id),
            visible.role(roll_id),
            visible.user(new.user),
            live_beginnings(write.store, members, entity=roll_id, member=new.user),
        )
        return decisions.invite(command, roll, own_role, user, memberships)

    return await write.respond(decide)


async def end_member(roll_id: RollId, user_id: UserId, write: Write) -> Response:
    """Leaves a roll oneself, or, for an owner, removes a member. The last owner can't leave."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        memberships = await live_beginnings(write.store, members, entity=roll_id, member=user_id)
        if user_id == command.actor:
            row: Roll | None = await write.store.get(ROLL, roll_id)
            another = await keeps_an_owner(write.store, row, without=user_id) if memberships else True
            return decisions.leave(command, roll_id, memberships, another)
        roll, own_role = await asyncio.gather(visible.roll(roll_id), visible.role(roll_id))
        return decisions.remove(command, roll, own_role, user_id, memberships)

    return await write.respond(decide)
