"""One's own account."""

from starlette.responses import Response

from producers.decide import accounts
from producers.decide.accounts import WantedHandle
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Invalid
from producers.gateway.bodies import ProfilePatch
from producers.gateway.reads import own_user
from producers.gateway.write import Write, WriteRequest
from producers.writes.register import require_free
from projections.accounts.users import User
from projections.accounts.users_by_handle import handle_hmac
from projections.visibility import VisibleRows, is_viewable


async def change_me(patch: ProfilePatch, write: Write) -> Response:
    """Changes your profile: a JSON merge patch."""

    async def decide(command: Command) -> Decision:
        visible = VisibleRows(write.store, command.actor, command.at)
        me = await own_user(visible)
        fields = patch.sent("display_name", "bio", "zone") | {
            f"{name}_id": value for name, value in patch.sent("avatar").items()
        }
        if patch.avatar is not None:
            photo = await visible.photo(patch.avatar)
            if photo is None or photo.owner_id != command.actor or not is_viewable(photo):
                raise Invalid(Code.AVATAR_INVALID, "A portrait is one of your own developed photos.")
        wanted = await wanted_handle(write, me, patch.handle) if patch.handle else None
        return accounts.change(command, fields, own_hmac=me.handle_hmac or "", wanted=wanted)

    return await write.respond(decide)


async def wanted_handle(write: WriteRequest, me: User, handle: str) -> WantedHandle:
    """Returns a handle that a person wants, and whether they have it already. Raises Conflict if it is taken."""
    hmac = handle_hmac(write.resources.settings, handle)
    await require_free(write.store, me.user_id, hmac)
    holder = await write.resources.claims.holder(kind=accounts.HANDLE_CLAIM, value=hmac)
    has_it = me.handle_hmac == hmac and me.handle == handle
    its_own = holder is not None and holder.final and holder.owner == me.user_id
    claimed_by = holder.event_id if holder is not None and its_own and has_it else None
    return WantedHandle(handle=handle, hmac=hmac, claimed_by=claimed_by)


async def deactivate(write: Write) -> Response:
    """Hides your account and what is in it from everybody else, until you come back."""

    async def decide(command: Command) -> Decision:
        return accounts.deactivate(command)

    return await write.respond(decide, allow_deactivated=True)


async def reactivate(write: Write) -> Response:
    """Brings your account back."""

    async def decide(command: Command) -> Decision:
        return accounts.reactivate(command)

    return await write.respond(decide, allow_deactivated=True)
