"""Following people and rolls."""

import asyncio

from starlette.responses import Response

from producers.decide import follows
from producers.decide.decision import Command, Decision
from producers.gateway.paths import RollId, UserId
from producers.gateway.reads import size_of
from producers.gateway.write import Write
from projections.graph.following import following
from projections.rolls.roll_followers import roll_followers
from projections.tally.queries import belonging, live_beginnings
from projections.visibility import VisibleRows


async def follow_user(user_id: UserId, write: Write) -> Response:
    """Follows a person."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        user, own_follows, following_count = await asyncio.gather(
            visible.user(user_id),
            belonging(visible.store, following, entity=command.actor, member=user_id),
            size_of(visible.store, command.actor, following.name),
        )
        return follows.follow_user(command, user, own_follows.live, following_count, own_follows.times)

    return await write.respond(decide)


async def unfollow_user(user_id: UserId, write: Write) -> Response:
    """Follows a person no longer."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        own_follows = await live_beginnings(visible.store, following, entity=command.actor, member=user_id)
        return follows.unfollow_user(command, user_id, own_follows)

    return await write.respond(decide)


async def follow_roll(roll_id: RollId, write: Write) -> Response:
    """Follows a roll without being in it."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        roll, own_follows = await asyncio.gather(
            visible.roll(roll_id),
            belonging(visible.store, roll_followers, entity=roll_id, member=command.actor),
        )
        return follows.follow_roll(command, roll, own_follows.live, own_follows.times)

    return await write.respond(decide)


async def unfollow_roll(roll_id: RollId, write: Write) -> Response:
    """Follows a roll no longer."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        own_follows = await live_beginnings(visible.store, roll_followers, entity=roll_id, member=command.actor)
        return follows.unfollow_roll(command, roll_id, own_follows)

    return await write.respond(decide)
