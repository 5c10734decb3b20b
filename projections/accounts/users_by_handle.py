"""users_by_handle: a handle's HMAC to the people who have had it; the one who holds it now has `held`."""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from events.generated import HandleChanged, UserRegistered
from events.settings import Settings
from projections.accounts.users import USERS, User
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert


@dataclass(frozen=True, slots=True)
class HandleHolder:
    """A person who holds, or once held, a handle."""

    handle_hmac: str
    user_id: UUID
    held: bool | None = None


USERS_BY_HANDLE = Table("users_by_handle", HandleHolder, partition=1, clustering=1)


@projection(USERS_BY_HANDLE)
def users_by_handle(event: UserRegistered | HandleChanged) -> list[Upsert]:
    taken = USERS_BY_HANDLE.upsert(handle_hmac=event.handle_hmac, user_id=event.user_id, held=True)
    if isinstance(event, UserRegistered) or event.old_handle_hmac == event.handle_hmac:
        return [taken]
    return [
        taken,
        USERS_BY_HANDLE.upsert(handle_hmac=event.old_handle_hmac, user_id=event.user_id, held=False),
    ]


def handle_hmac(settings: Settings, handle: str) -> str:
    """What a handle is looked up by: its HMAC-SHA-256 in hex, upper and lower case being the same handle.

    Raises RuntimeError without a secret: handles are few enough to be guessed from a plain hash."""
    if not settings.handle_secret:
        raise RuntimeError("DARKROOM_HANDLE_SECRET is empty")
    return hmac.new(settings.handle_secret.encode(), handle.lower().encode(), hashlib.sha256).hexdigest()


async def user_with_handle(store: Store, handle_hmac: str) -> User | None:
    """The person who holds a handle now, checked against their own row."""
    holders: list[HandleHolder] = await store.slice(USERS_BY_HANDLE, handle_hmac)
    for holder in holders:
        if holder.held:
            user: User | None = await store.get(USERS, holder.user_id)
            if user is not None and user.handle_hmac == handle_hmac:
                return user
    return None
