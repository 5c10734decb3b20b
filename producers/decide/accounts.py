"""Accounts: registering, profiles, handles, and going away for a while."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.generated import (
    Event,
    HandleChanged,
    ProfileChanged,
    UserDeactivated,
    UserReactivated,
    UserRegistered,
)
from producers.decide.decision import Act, Claim, Decision, already, made
from web.problems import Problem

HANDLE_CLAIM = "handle"
HANDLE_TAKEN = "This handle is taken."


def handle_claim(handle_hmac: str) -> Claim:
    """The claim to a handle."""
    return Claim(HANDLE_CLAIM, handle_hmac)


def register(act: Act, handle: str, handle_hmac: str, display_name: str, zone: str) -> Decision:
    """A new person: the act's actor."""
    registered = UserRegistered(
        **act.begin("UserRegistered"),
        user_id=act.actor,
        handle=handle,
        handle_hmac=handle_hmac,
        display_name=display_name,
        zone=zone,
    )
    return made(act.actor, registered, takes=handle_claim(handle_hmac))


def change(
    act: Act, fields: Mapping[str, Any], own_hmac: str, handle: str | None, handle_hmac: str, holds: UUID | None
) -> Decision:
    """`fields`: what to set, by ProfileChanged's names; None clears. `handle`: the one to take, None for no change,
    with its HMAC. `own_hmac`: the present one's. `holds`: the event that claimed the new handle, if that was one's own
    and is what one is known by: then there is nothing to take."""
    events: list[Event] = []
    takes = gives_up = None
    if handle is not None and holds is None:
        takes = handle_claim(handle_hmac)
        gives_up = handle_claim(own_hmac) if own_hmac != handle_hmac else None
        events.append(
            HandleChanged(
                **act.begin("HandleChanged"),
                user_id=act.actor,
                handle=handle,
                handle_hmac=handle_hmac,
                old_handle_hmac=own_hmac,
            )
        )
    if fields:
        events.append(
            ProfileChanged(**act.begin("ProfileChanged"), user_id=act.actor, changed=tuple(sorted(fields)), **fields)
        )
    if events:
        return made(act.actor, *events, takes=takes, gives_up=gives_up)
    if holds is not None:
        return already(holds, act.actor)
    raise Problem(422, "There is nothing to change: name at least one field.")


def deactivate(act: Act) -> Decision:
    """Hides the account. Said again it is a new fact, which changes nothing."""
    return made(act.actor, UserDeactivated(**act.begin("UserDeactivated"), user_id=act.actor))


def reactivate(act: Act) -> Decision:
    """Brings the account back."""
    return made(act.actor, UserReactivated(**act.begin("UserReactivated"), user_id=act.actor))
