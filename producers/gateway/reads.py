"""Reads that several handlers decide from."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload
from uuid import UUID

from producers.decide.photos import Destination
from projections.accounts.users import User
from projections.rolls.members import members
from projections.rolls.roll import ROLL, Roll
from projections.store.protocol import Store
from projections.tally.queries import Belonging, belonging_by_member, counts_of
from projections.tally.tally import Member
from projections.visibility import VisibleRows, role_of, sees_roll
from web.problems import unavailable

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
NOBODY = Belonging()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the viewer stands to a roll: its `row`, None without one; `people`, who of the viewer and others ever was a
    member."""

    viewer: UUID
    row: Roll | None
    people: Mapping[UUID, Belonging]

    def of(self, member: UUID) -> Sequence[Member]:
        """Returns a person's memberships, oldest first."""
        return self.people.get(member, NOBODY).live

    @property
    def times(self) -> int:
        """How often the viewer has joined."""
        return self.people.get(self.viewer, NOBODY).times

    @property
    def own(self) -> Sequence[Member]:
        """The viewer's memberships, oldest first."""
        return self.of(self.viewer)

    @property
    def role(self) -> str | None:
        """The viewer's role."""
        return role_of(self.own)

    @property
    def roll(self) -> Roll | None:
        """The roll, if the viewer may see it."""
        return self.row if sees_roll(self.row, self.role) else None


async def standing(visible: VisibleRows, roll_id: UUID, *others: UUID) -> Standing:
    """Returns how the viewer stands to a roll, and the memberships of others: two requests at once."""
    row, people = await asyncio.gather(
        visible.store.get(ROLL, roll_id),
        belonging_by_member(visible.store, members, roll_id, dict.fromkeys((visible.viewer, *others))),
    )
    return Standing(viewer=visible.viewer, row=row, people=people)


async def destinations(visible: VisibleRows, roll_ids: Collection[UUID]) -> list[Destination]:
    """Returns how the viewer stands to rolls that a photo is to go to or leave, in order: two requests at once."""
    if roll_ids:
        await visible.read(rolls=roll_ids)
    return [
        Destination(roll_id=each, visible=await visible.roll(each) is not None, role=await visible.role(each))
        for each in roll_ids
    ]
