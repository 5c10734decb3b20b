"""One's own account."""

from uuid import UUID

from starlette.responses import Response

from producers.decide import accounts
from producers.decide.accounts import WantedHandle
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Invalid
from producers.gateway.bodies import ProfilePatch
from producers.gateway.reads import own_user, together
from producers.gateway.write import Write, WriteRequest
from producers.writes.register import require_free
from projections.accounts.users_by_handle import handle_hmac
from projections.visibility import VisibleRows, is_viewable


async def change_me(patch: ProfilePatch, write: Write) -> Response:
    """Changes your profile: a JSON merge patch."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        fields = patch.sent("display_name", "bio", "zone") | {
            f"{name}_id": value for name, value in patch.sent("avatar").items()
        }
        me, _, wanted = await together(
            own_user(visible), require_own_photo(visible, patch.avatar), wanted_handle(write, visible, patch.handle)
        )
        return accounts.change(command, fields, own_hmac=me.handle_hmac or "", wanted=wanted)

    return await write.respond(decide)


async def require_own_photo(visible: VisibleRows, photo_id: UUID | None) -> None:
    """Raises Invalid for a portrait that isn't a developed photo of the viewer's own; None is no portrait."""
    if photo_id is None:
        return
    photo = await visible.photo(photo_id)
    if photo is None or photo.owner_id != visible.viewer or not is_viewable(photo):
        raise Invalid(Code.AVATAR_INVALID, "A portrait is one of your own developed photos.")


async def wanted_handle(write: WriteRequest, visible: VisibleRows, handle: str | None) -> WantedHandle | None:
    """Returns the handle that the viewer wants, if any, and whether they have it already. Raises Conflict if it is
    taken."""
    if not handle:
        return None
    hmac = handle_hmac(write.resources.settings, handle)
    me, _, holder = await together(
        own_user(visible),
        require_free(visible.store, visible.viewer, hmac),
        write.resources.claims.holder(kind=accounts.HANDLE_CLAIM, value=hmac),
    )
    has_it = me.handle_hmac == hmac and me.handle == handle
    its_own = holder is not None and holder.final and holder.owner == me.user_id
    claimed_by = holder.event_id if holder is not None and its_own and has_it else None
    return WantedHandle(handle=handle, hmac=hmac, claimed_by=claimed_by)


async def deactivate(write: Write) -> Response:
    """Hides your account and what is in it from everybody else, until you come back."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        return accounts.deactivate(command)

    return await write.respond(decide, allow_deactivated=True)


async def reactivate(write: Write) -> Response:
    """Brings your account back."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        return accounts.reactivate(command)

    return await write.respond(decide, allow_deactivated=True)
