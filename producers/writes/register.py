"""Making a person: a key, a handle, and the fact that they are here."""

import re
from datetime import datetime
from typing import Protocol
from uuid import UUID

from producers.decide.accounts import HANDLE_TAKEN, register
from producers.decide.decision import Act
from producers.decide.develops_at import zones
from producers.limits import DISPLAY_NAME, HANDLE
from producers.writes.execute import Carrier
from producers.writes.plan import Plan
from projections.accounts.users_by_handle import user_with_handle
from projections.store.protocol import Store
from web.problems import Problem


class NewKeys(Protocol):
    """What is asked of a KeyStore."""

    async def create(self, person: UUID) -> None:
        """Gives a person a key, once."""
        ...


async def register_person(
    carrier: Carrier,
    keys: NewKeys,
    store: Store,
    *,
    request: UUID,
    handle: str,
    handle_hmac: str,
    display_name: str,
    zone: str,
    now: datetime,
) -> Plan:
    """Registers somebody whose id derives from the request's: the plan as it was carried out.

    Problem 409 if the handle is taken, 422 if it, the name or the zone is none. StoreUnavailable, KeysUnavailable,
    NotPublished: the same request may be made again."""
    if re.fullmatch(HANDLE, handle) is None:
        raise Problem(422, "A handle has 3 to 30 small letters, digits, points or underscores.")
    if not 1 <= len(display_name) <= DISPLAY_NAME:
        raise Problem(422, f"A display name has 1 to {DISPLAY_NAME} characters.")
    if zone not in zones():
        raise Problem(422, "There is no such time zone: use an IANA name such as Europe/Berlin.")
    person = Act(UUID(int=0), request, now).id_of("user")
    await free_for(store, person, handle_hmac)
    await keys.create(person)
    act = Act(person, request, now)
    plan = await carrier.plan(register(act, handle, handle_hmac, display_name, zone), person)
    return await carrier.carry_out(plan, now)


async def free_for(store: Store, person: UUID, handle_hmac: str) -> None:
    """Problem 409 if the read models know somebody else by this handle.

    The claim decides; this is for a gateway that crashed between its append and its claim's settling, and lost the
    claim to its deadline."""
    holder = await user_with_handle(store, handle_hmac)
    if holder is not None and holder.user_id != person:
        raise Problem(409, HANDLE_TAKEN)
