"""Reads that several handlers decide from."""

import asyncio
from uuid import UUID

from producers.decide.photos import Destination
from projections.accounts.users import User
from projections.store.protocol import Store
from projections.tally.queries import counts_of
from projections.visibility import VisibleRows
from web.problems import unavailable


async def own_user(visible: VisibleRows) -> User:
    """Returns the viewer's own row. Raises Problem 503 while it isn't there: the account was made moments ago."""
    user = await visible.user(visible.viewer)
    if user is None:
        raise unavailable()
    return user


async def size_of(store: Store, entity: UUID, kind: str) -> int:
    """Returns how large one of an entity's sets is."""
    return (await counts_of(store, [entity]))[0][kind]


async def destination(visible: VisibleRows, roll_id: UUID) -> Destination:
    """Returns how the viewer stands to a roll that a photo is to go to or leave."""
    roll, role = await asyncio.gather(visible.roll(roll_id), visible.role(roll_id))
    return Destination(roll_id=roll_id, visible=roll is not None, role=role)
