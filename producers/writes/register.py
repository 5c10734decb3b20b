"""Registers people: a key, a handle, and the event that says so."""

import re
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.ids import NIL
from producers.decide.accounts import handle_taken, register
from producers.decide.decision import Command
from producers.decide.develops_at import zones
from producers.decide.refusals import Code, Invalid
from producers.limits import DISPLAY_NAME, HANDLE
from producers.writes.execute import Executor
from producers.writes.plan import Plan, new_plan
from projections.accounts.users_by_handle import user_with_handle
from projections.store.protocol import Store


class KeyCreator(Protocol):
    """What registering needs of a KeyStore."""

    async def create(self, person: UUID) -> None:
        """Gives a person a key, once."""
        ...


async def register_user(
    executor: Executor,
    keys: KeyCreator,
    store: Store,
    *,
    request: UUID,
    handle: str,
    handle_hmac: str,
    display_name: str,
    zone: str,
    now: datetime,
) -> Plan:
    """Registers somebody whose id derives from the request's; returns the plan as executed.

    The key comes first: without it the event's personal fields can't be sealed. A crash before the event leaves a key
    that nobody uses.

    Raises Conflict if the handle is taken; Invalid if the handle, the name or the zone is none.
    Raises StoreUnavailable, KeysUnavailable or NotPublished: the same request may be made again."""
    require_valid(handle=handle, display_name=display_name, zone=zone)
    user_id = Command(actor=NIL, request=request, at=now).derived_id("user")
    await require_free(store, user_id, handle_hmac)
    await keys.create(user_id)
    command = Command(actor=user_id, request=request, at=now)
    decision = register(command, handle=handle, handle_hmac=handle_hmac, display_name=display_name, zone=zone)
    return await executor.execute(new_plan(await executor.plan(decision, user_id)))


def require_valid(*, handle: str, display_name: str, zone: str) -> None:
    """Raises Invalid if a handle, a display name or a time zone is none."""
    if re.fullmatch(HANDLE, handle) is None:
        detail = "A handle has 3 to 30 small letters, digits, points or underscores."
        raise Invalid(Code.HANDLE_INVALID, detail)
    if not 1 <= len(display_name) <= DISPLAY_NAME:
        raise Invalid(Code.DISPLAY_NAME_INVALID, f"A display name has 1 to {DISPLAY_NAME} characters.")
    if zone not in zones():
        detail = "There is no such time zone: use an IANA name such as Europe/Berlin."
        raise Invalid(Code.ZONE_UNKNOWN, detail)


async def require_free(store: Store, user_id: UUID, handle_hmac: str) -> None:
    """Raises Conflict if the read models know somebody else by this handle.

    The claim decides. This is for a gateway that crashed after its append and before its claim was settled, and lost
    the claim to its deadline."""
    holder = await user_with_handle(store, handle_hmac)
    if holder is not None and holder.user_id != user_id:
        raise handle_taken()
