"""One's own account, and following people."""

import asyncio
from typing import Any

from starlette.responses import Response

from producers.decide import accounts, follows
from producers.decide.decision import Act, Decision
from producers.gateway.bodies import ProfilePatch
from producers.gateway.paths import UserId
from producers.gateway.reads import size_of
from producers.gateway.write import Write, Writing
from producers.writes.register import free_for
from projections.accounts.users import User
from projections.accounts.users_by_handle import handle_hmac
from projections.graph.following import following
from projections.tally.queries import beginnings
from projections.visibility import Sight, shows
from web.problems import Problem, unavailable


async def change_me(patch: ProfilePatch, write: Write) -> Response:
    """Changes your profile: a JSON merge patch."""

    async def decide(act: Act) -> Decision:
        sight = Sight(write.gate.store, act.actor)
        me = await known(sight)
        fields = patch.given("display_name", "bio", "zone") | {
            f"{name}_id": value for name, value in patch.given("avatar").items()
        }
        if patch.avatar is not None:
            photo = await sight.photo(patch.avatar)
            if photo is None or photo.owner_id != act.actor or not shows(photo):
                raise Problem(422, "A portrait is one of your own developed photos.")
        handle = patch.handle or None
        return accounts.change(act, fields, me.handle_hmac or "", *await handle_facts(write, act, me, handle))

    return await write.answer(decide)


async def handle_facts(write: Writing, act: Act, me: User, handle: str | None) -> tuple[Any, Any, Any]:
    """The handle to take, its HMAC, and the event that claimed it if one has it already. Problem 409 if it is taken."""
    if handle is None:
        return None, "", None
    wanted = handle_hmac(write.gate.settings, handle)
    await free_for(write.gate.store, act.actor, wanted)
    holder = await write.gate.claims.holder(accounts.HANDLE_CLAIM, wanted)
    has_it = holder is not None and holder[0] == act.actor and me.handle_hmac == wanted and me.handle == handle
    return handle, wanted, holder[1] if holder is not None and has_it else None


async def known(sight: Sight) -> User:
    """The row of the one who asks. Problem 503 while it isn't there yet: the account was made moments ago."""
    me = await sight.user(sight.viewer)
    if me is None:
        raise unavailable()
    return me


async def deactivate(write: Write) -> Response:
    """Hides your account and what is in it from everybody else, until you come back."""

    async def decide(act: Act) -> Decision:
        return accounts.deactivate(act)

    return await write.answer(decide, asleep=True)


async def reactivate(write: Write) -> Response:
    """Brings your account back."""

    async def decide(act: Act) -> Decision:
        return accounts.reactivate(act)

    return await write.answer(decide, asleep=True)


async def follow(user_id: UserId, write: Write) -> Response:
    """Follows a person."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        person, live, number = await asyncio.gather(
            Sight(store, act.actor).user(user_id),
            beginnings(store, following, act.actor, user_id),
            size_of(store, act.actor, following.kind),
        )
        return follows.follow_user(act, person, live, number)

    return await write.answer(decide)


async def unfollow(user_id: UserId, write: Write) -> Response:
    """Follows a person no longer."""

    async def decide(act: Act) -> Decision:
        live = await beginnings(write.gate.store, following, act.actor, user_id)
        return follows.unfollow_user(act, user_id, live)

    return await write.answer(decide)
