"""users: who a person is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import HandleChanged, ProfileChanged, UserDeactivated, UserReactivated, UserRegistered
from events.ids import NIL
from projections.projection import projection
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class User:
    """A person. Text that was cleared is empty; a portrait that was cleared is the nil id."""

    user_id: UUID
    handle: str | None = None
    handle_hmac: str | None = None
    display_name: str | None = None
    bio: str | None = None
    avatar_id: UUID | None = None
    zone: str | None = None
    registered_at: datetime | None = None
    active: bool | None = None


USERS = Table("users", User, 1)
CLEARED: dict[str, Any] = {"avatar_id": NIL, "cover_id": NIL}  # anything else is cleared to empty text


@projection(USERS)
def users(
    event: UserRegistered | ProfileChanged | HandleChanged | UserDeactivated | UserReactivated,
) -> list[Upsert]:
    match event:
        case UserRegistered():
            return [
                USERS.upsert(
                    user_id=event.user_id,
                    handle=event.handle,
                    handle_hmac=event.handle_hmac,
                    display_name=event.display_name,
                    zone=event.zone,
                    registered_at=event.occurred_at,
                    active=True,
                )
            ]
        case ProfileChanged():
            return [USERS.upsert(user_id=event.user_id, **set_fields(event))]
        case HandleChanged():
            return [USERS.upsert(user_id=event.user_id, handle=event.handle, handle_hmac=event.handle_hmac)]
        case UserDeactivated():
            return [USERS.upsert(user_id=event.user_id, active=False)]
        case UserReactivated():
            return [USERS.upsert(user_id=event.user_id, active=True)]


def set_fields(event: Any) -> dict[str, Any]:
    """The columns that a *Changed event sets: a field listed and null is cleared, one not listed is left out."""
    values = {name: getattr(event, name) for name in event.changed}
    return {name: CLEARED.get(name, "") if value is None else value for name, value in values.items()}
