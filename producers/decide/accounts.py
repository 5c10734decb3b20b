"""Accounts: registering, profiles, handles, deactivating and reactivating."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from producers.decide.decision import Claim, Command, Decision, accepted, unchanged
from producers.decide.refusals import Code, Conflict, Invalid

HANDLE_CLAIM = "handle"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHandle:
    """A handle that somebody wants to have.

    `claimed_by`: the event that claimed it, if that was one's own and one is known by the handle already."""

    handle: str
    hmac: str
    claimed_by: UUID | None


def handle_claim(handle_hmac: str) -> Claim:
    """Returns the claim to a handle."""
    return Claim(kind=HANDLE_CLAIM, value=handle_hmac)


def handle_taken() -> Conflict:
    """Returns the refusal for a handle that somebody else has."""
    return Conflict(Code.HANDLE_TAKEN, "This handle is taken.")


def register(command: Command, *, handle: str, handle_hmac: str, display_name: str, zone: str) -> Decision:
    """Registers the command's actor."""
    registered = UserRegistered(
        **command.metadata("UserRegistered"),
        user_id=command.actor,
        handle=handle,
        handle_hmac=handle_hmac,
        display_name=display_name,
        zone=zone,
    )
    return accepted(command.actor, registered, claim=handle_claim(handle_hmac))


def change(command: Command, fields: Mapping[str, Any], *, own_hmac: str, wanted: WantedHandle | None) -> Decision:
    """Changes a profile, a handle, or both.

    - `fields`: what to set, by ProfileChanged's names; None clears.
    - `own_hmac`: the present handle's.
    - `wanted`: the handle to have from now on, None to keep the present one.

    Raises Invalid if nothing would change."""
    events: list[Event] = []
    claim = release = None
    if wanted is not None and wanted.claimed_by is None:
        claim = handle_claim(wanted.hmac)
        release = handle_claim(own_hmac) if own_hmac != wanted.hmac else None
        events.append(
            HandleChanged(
                **command.metadata("HandleChanged"),
                user_id=command.actor,
                handle=wanted.handle,
                handle_hmac=wanted.hmac,
                old_handle_hmac=own_hmac,
            )
        )
    if fields:
        metadata = command.metadata("ProfileChanged")
        events.append(ProfileChanged(**metadata, user_id=command.actor, changed=tuple(sorted(fields)), **fields))
    if events:
        return accepted(command.actor, *events, claim=claim, release=release)
    if wanted is not None and wanted.claimed_by is not None:
        return unchanged(wanted.claimed_by, thing=command.actor)
    raise Invalid(Code.NOTHING_TO_CHANGE, "There is nothing to change: name at least one field.")


def deactivate(command: Command) -> Decision:
    """Hides the account. Doing it again appends another event, which changes nothing."""
    return accepted(command.actor, UserDeactivated(**command.metadata("UserDeactivated"), user_id=command.actor))


def reactivate(command: Command) -> Decision:
    """Shows the account again."""
    return accepted(command.actor, UserReactivated(**command.metadata("UserReactivated"), user_id=command.actor))
