"""Reads that several handlers decide from."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, overload
from uuid import UUID

from producers.decide.photos import Destination
from projections.accounts.users import User
from projections.store.protocol import Store
from projections.tally.queries import counts_of
from projections.visibility import VisibleRows
from web.problems import unavailable

A, B, C, D = TypeVar("A"), TypeVar("B"), TypeVar("C"), TypeVar("D")


@overload
async def together(first: Awaitable[A], second: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def together(first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def together(
    first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], fourth: Awaitable[D], /
) -> tuple[A, B, C, D]: ...
async def together(*reads: Awaitable[Any]) -> tuple[Any, ...]:
    """Returns the results of what is read at the same time, in order.

    If several raise, it raises what the first of them does: which refusal is answered doesn't depend on the servers."""
    results = await asyncio.gather(*reads, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return tuple(results)


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
