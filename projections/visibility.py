"""Decides who may see what, for the API and the gateway alike (docs/design.md, section 4).

The rules are pure functions over rows. `VisibleRows` reads the rows that they need, each of them once in a request.
What a viewer may not see does not exist for them: None here, 404 outside.

Blocks aren't built yet. They belong in `sees_user`, which decides on everything that a person shows; `VisibleRows` then
reads who has blocked whom beside the user's row.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from events.ids import NIL
from projections.accounts.users import USERS, User
from projections.photos.photo import KnownPhoto, Photo, known_photos
from projections.rolls.members import MEMBER, OWNER, members
from projections.rolls.roll import ROLL, Roll
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.queries import live_beginnings, live_beginnings_by_member
from projections.tally.tally import Member

PUBLIC = "public"
T = TypeVar("T")


def user_exists(user: User | None) -> bool:
    """Whether a person registered and wasn't erased; an erased person has no handle any more."""
    return user is not None and user.registered_at is not None and bool(user.handle)


def sees_user(viewer: UUID, user: User | None) -> bool:
    """Whether a viewer may see a person. A deactivated person is hidden from everybody else."""
    return user is not None and user_exists(user) and (user.user_id == viewer or user.active is not False)


def roll_exists(roll: Roll | None) -> bool:
    """Whether a roll was made and hasn't been deleted."""
    return roll is not None and roll.creator_id is not None and not roll.deleted


def sees_roll(roll: Roll | None, role: str | None) -> bool:
    """Whether a viewer may see a roll: anybody a public one, only a member, whatever the `role`, any other."""
    return roll is not None and roll_exists(roll) and (roll.visibility == PUBLIC or role is not None)


def photo_exists(photo: Photo | None) -> bool:
    """Whether a photo was taken, and neither deleted nor taken down. A rejected one still exists for its owner."""
    return photo is not None and photo.owner_id is not None and not photo.deleted and not photo.taken_down


def as_of(photo: Photo | None, now: datetime) -> Photo | None:
    """A photo's row as a reader may take it at `now`: it hasn't developed before its time, whatever the log says.

    A worker whose clock is ahead appends PhotoDeveloped early; nobody may see the picture for that."""
    if photo is None or not photo.developed or (photo.develops_at is not None and photo.develops_at <= now):
        return photo
    return replace(photo, developed=None)


def is_viewable(photo: Photo | None) -> bool:
    """Whether a photo's picture may be looked at by anybody: until it has developed not even its owner may."""
    return photo is not None and photo_exists(photo) and bool(photo.developed) and not photo.ended


def sees_photo(viewer: UUID, photo: Photo | None, owner: User | None, in_seen_roll: bool) -> bool:
    """Whether a viewer may know of a photo: its owner from the start, anybody else once it has developed.

    They must then also see its owner, and either a roll that it is in or, if it was taken on the profile, that."""
    if photo is None or not photo_exists(photo):
        return False
    if photo.owner_id == viewer:
        return True
    return is_viewable(photo) and sees_user(viewer, owner) and (bool(photo.on_profile) or in_seen_roll)


def role_of(live: Collection[Member]) -> str | None:
    """The role that a person's live memberships in one roll give; None without any."""
    if not live:
        return None
    return OWNER if any(row.role == OWNER for row in live) else MEMBER


class VisibleRows:
    """The rows that one viewer may see at `now`, for one request. Reads every row once. Raises StoreUnavailable."""

    def __init__(self, store: Store, viewer: UUID, now: datetime):
        self.store, self.viewer, self._now = store, viewer, now
        self._read: dict[Hashable, asyncio.Future[Any]] = {}

    async def _read_once(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        earlier = self._read.get(key)
        if earlier is not None:
            return await earlier
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._read[key] = answer
        try:
            result = await read()
        except Exception as error:
            answer.set_exception(error)
            answer.exception()  # marks it as retrieved: this caller gets it in any case, and others need not wait
            raise
        except BaseException:  # the request was cancelled
            answer.cancel()
            raise
        answer.set_result(result)
        return result

    async def user(self, user_id: UUID) -> User | None:
        """A person, if the viewer may see them."""
        row: User | None = await self._read_once(("user", user_id), lambda: self.store.get(USERS, user_id))
        return row if sees_user(self.viewer, row) else None

    async def role(self, roll_id: UUID) -> str | None:
        """The viewer's role in a roll, `owner` or `member`, or None."""
        return await self._read_once(
            ("role", roll_id), lambda: role_in(self.store, roll_id=roll_id, user_id=self.viewer)
        )

    async def roll(self, roll_id: UUID) -> Roll | None:
        """A roll, if the viewer may see it."""
        row: Roll | None = await self._read_once(("roll", roll_id), lambda: self.store.get(ROLL, roll_id))
        if row is None or not roll_exists(row):
            return None
        role = None if row.visibility == PUBLIC else await self.role(roll_id)
        return row if sees_roll(row, role) else None

    async def rolls_of(self, photo_id: UUID) -> list[UUID]:
        """The rolls that a photo is in, as far as the viewer may see them."""
        rolls = (await self._known(photo_id)).rolls
        seen = await asyncio.gather(*map(self.roll, rolls))
        return [roll for roll, row in zip(rolls, seen, strict=True) if row is not None]

    async def photo_row(self, photo_id: UUID) -> Photo | None:
        """A photo's row as of now, whether or not the viewer may see it."""
        return as_of((await self._known(photo_id)).photo, self._now)

    async def _known(self, photo_id: UUID) -> KnownPhoto:
        return (await self._read_once(("photo", photo_id), lambda: known_photos(self.store, [photo_id])))[photo_id]

    async def photo(self, photo_id: UUID) -> Photo | None:
        """A photo, if the viewer may see it."""
        row = await self.photo_row(photo_id)
        return row if row is not None and await self.sees(row) else None

    async def sees(self, photo: Photo) -> bool:
        """Whether the viewer may see a photo whose row `photo_row` gave. Reads only what the decision needs."""
        if photo.owner_id == self.viewer or not is_viewable(photo) or photo.owner_id is None:
            return sees_photo(self.viewer, photo, None, False)
        if photo.on_profile:
            return sees_photo(self.viewer, photo, await self.user(photo.owner_id), False)
        owner, rolls = await asyncio.gather(self.user(photo.owner_id), self.rolls_of(photo.photo_id))
        return sees_photo(self.viewer, photo, owner, bool(rolls))

    async def portrait(self, user: User) -> Photo | None:
        """A person's portrait: a developed photo of their own. By choosing it they made it public."""
        if user.avatar_id in (None, NIL):
            return None
        row = await self.photo_row(user.avatar_id)
        return row if row is not None and is_viewable(row) and row.owner_id == user.user_id else None

    async def prefetch_roles(self, roll_ids: Collection[UUID]) -> None:
        """Reads the viewer's roles in many rolls with one query, for the calls of `role` that follow."""
        found = await live_beginnings_by_member(self.store, rolls_of_user, self.viewer, roll_ids)
        for roll_id in roll_ids:
            role: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
            role.set_result(role_of(found.get(roll_id, ())))
            self._read.setdefault(("role", roll_id), role)


async def role_in(store: Store, *, roll_id: UUID, user_id: UUID) -> str | None:
    """A person's role in a roll, `owner` or `member`, or None. Raises StoreUnavailable."""
    return role_of(await live_beginnings(store, members, entity=roll_id, member=user_id))
