"""Rolls, who is in them, and following them."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from producers.decide import follows
from producers.decide import members as membership
from producers.decide import rolls as decide_rolls
from producers.decide.decision import Act, Decision
from producers.gateway.bodies import Membership, NewInvitation, NewRoll, RollPatch
from producers.gateway.paths import RollId, UserId
from producers.gateway.reads import another_owner, size_of
from producers.gateway.write import Write
from projections.photos.rolls_of_photo import placements
from projections.rolls.invitations import invitation, spent
from projections.rolls.members import members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.roll_followers import roll_followers
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.queries import beginnings, shard_of
from projections.visibility import Sight, shows, stands
from web.problems import Problem


async def create(new: NewRoll, write: Write) -> Response:
    """Opens a roll; you are its first owner."""

    async def decide(act: Act) -> Decision:
        number = await size_of(write.gate.store, act.actor, rolls_of_user.kind)
        return decide_rolls.create(act, new.title, new.theme, new.visibility.value, number)

    return await write.answer(decide)


async def change(roll_id: RollId, patch: RollPatch, write: Write) -> Response:
    """Changes a roll: a JSON merge patch. For its owners."""

    async def decide(act: Act) -> Decision:
        sight = Sight(write.gate.store, act.actor)
        roll, role = await asyncio.gather(sight.roll(roll_id), sight.role(roll_id))
        decide_rolls.owned(roll, role)
        if patch.cover is not None and not await in_roll(sight, patch.cover, roll_id):
            raise Problem(422, "A cover is a developed photo in the roll.")
        fields = patch.given("title", "theme", "visibility") | {
            f"{name}_id": value for name, value in patch.given("cover").items()
        }
        return decide_rolls.change(act, roll, role, fields)

    return await write.answer(decide)


async def in_roll(sight: Sight, photo_id: UUID, roll_id: UUID) -> bool:
    """Whether there is something to see of a photo, and it is in a roll."""
    photo, held = await asyncio.gather(sight.photo(photo_id), placements(sight.store, photo_id))
    return shows(photo) and any(row.roll_id == roll_id for row in held)


async def delete(roll_id: RollId, write: Write) -> Response:
    """Closes a roll for good; its photos remain their owners'. For its owners."""

    async def decide(act: Act) -> Decision:
        sight = Sight(write.gate.store, act.actor)
        roll, role = await asyncio.gather(sight.roll(roll_id), sight.role(roll_id))
        return decide_rolls.delete(act, roll, role)

    return await write.answer(decide)


async def put_member(roll_id: RollId, user_id: UserId, write: Write, how: Membership | None = None) -> Response:
    """Joins a public roll, or by invitation, oneself (no body), or, for an owner, gives a member a role."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        sight = Sight(store, act.actor)
        roll, live = await asyncio.gather(sight.roll(roll_id), beginnings(store, members, roll_id, user_id))
        role = how.role if how is not None else None
        if user_id == act.actor and role is None:
            invited = roll is None and await is_invited(store, user_id, roll_id)
            if invited:  # to a private roll, which only its members see
                row: Roll | None = await store.get(ROLL, roll_id)
                roll = row if stands(row) else None
            return membership.join(act, roll, live, await size_of(store, act.actor, rolls_of_user.kind), invited)
        own_role = await sight.role(roll_id)
        decide_rolls.owned(roll, own_role)
        if role is None:
            raise Problem(422, "Say which role: people join rolls themselves.")
        another = await others(store, roll, user_id)
        return membership.set_role(act, roll, own_role, user_id, live, role.value, another)

    return await write.answer(decide)


async def is_invited(store: Store, user_id: UUID, roll_id: UUID) -> bool:
    """Whether a person has an invitation to a roll and hasn't joined since."""
    last = await invitation(store, user_id, roll_id)
    if last is None:
        return False
    memberships = await store.pick(members.members, (roll_id, shard_of(members, roll_id, user_id)), [user_id])
    return not spent(last, memberships)


async def invite(roll_id: RollId, new: NewInvitation, write: Write) -> Response:
    """Invites somebody to join a roll, private ones too. For its members; an invitation is good for joining once."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        sight = Sight(store, act.actor)
        roll, role, person, live = await asyncio.gather(
            sight.roll(roll_id),
            sight.role(roll_id),
            sight.user(new.user),
            beginnings(store, members, roll_id, new.user),
        )
        return membership.invite(act, roll, role, person, live)

    return await write.answer(decide)


async def end_member(roll_id: RollId, user_id: UserId, write: Write) -> Response:
    """Leaves a roll oneself, or, for an owner, removes a member. The last owner can't leave."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        live = await beginnings(store, members, roll_id, user_id)
        if user_id == act.actor:
            roll: Roll | None = await store.get(ROLL, roll_id)
            return membership.leave(act, roll_id, live, await others(store, roll, user_id) if live else True)
        sight = Sight(store, act.actor)
        roll, role = await asyncio.gather(sight.roll(roll_id), sight.role(roll_id))
        return membership.remove(act, roll, role, user_id, live)

    return await write.answer(decide)


async def others(store: Store, roll: Roll | None, user_id: UUID) -> bool:
    """Whether a roll would still have an owner without this person; one that is gone needs none."""
    return roll is None or bool(roll.deleted) or await another_owner(store, roll, user_id)


async def follow(roll_id: RollId, write: Write) -> Response:
    """Follows a roll without being in it."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        roll, live = await asyncio.gather(
            Sight(store, act.actor).roll(roll_id), beginnings(store, roll_followers, roll_id, act.actor)
        )
        return follows.follow_roll(act, roll, live)

    return await write.answer(decide)


async def unfollow(roll_id: RollId, write: Write) -> Response:
    """Follows a roll no longer."""

    async def decide(act: Act) -> Decision:
        live = await beginnings(write.gate.store, roll_followers, roll_id, act.actor)
        return follows.unfollow_roll(act, roll_id, live)

    return await write.answer(decide)
