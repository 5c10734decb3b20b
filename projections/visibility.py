"""Decides who may see what, for the API and the gateway alike (docs/design.md, section 4).

The rules are pure functions over rows. `VisibleRows` reads the rows that they need, many at once and each of them once
in a request, and then decides without reading. What a viewer may not see does not exist for them: None here, 404
outside.

Blocks aren't built yet. They belong in `sees_user`, which decides on everything that a person shows; `VisibleRows` then
reads who has blocked whom beside the user's row.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeGuard
from uuid import UUID

from events.generated import Card
from events.ids import NIL
from projections.accounts.users import USERS, User
from projections.loader import Loader
from projections.photos.photo import KnownPhoto, Photo, Placement, known_photos
from projections.photos.roll_feed import RollPhoto
from projections.rolls.members import MEMBER, OWNER
from projections.rolls.roll import ROLL, Roll
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.queries import live_beginnings_by_member
from projections.tally.tally import Member

PUBLIC = "public"
UNKNOWN = KnownPhoto(None, (), ())


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


def has_developed_in_roll(row: RollPhoto, now: datetime) -> bool:
    """Whether a placement's picture may be looked at by who sees its roll and its owner: it was put in, has developed
    there, is due at `now`, and wasn't taken out. Photos that end are taken out of their rolls."""
    return row.owner_id is not None and row.card is not None and row.develops_at <= now and not row.ended


def role_of(live: Collection[Member]) -> str | None:
    """The role that a person's live memberships in one roll give; None without any."""
    if not live:
        return None
    return OWNER if any(row.role == OWNER for row in live) else MEMBER


class SharedRows:
    """The rows that the rules need and that are the same for every viewer: people, photos with the rolls that they are
    in, and rolls. Each is read once. Reading raises StoreUnavailable."""

    def __init__(self, store: Store):
        self.store = store
        self.users: Loader[User] = Loader(self._read_users)
        self.photos: Loader[KnownPhoto] = Loader(lambda ids: known_photos(store, ids))
        self.rolls: Loader[Roll] = Loader(self._read_rolls)

    async def _read_users(self, ids: Collection[UUID]) -> Mapping[UUID, User]:
        rows: list[User | None] = await self.store.get_many(USERS, [(each,) for each in ids])
        return {row.user_id: row for row in rows if row is not None}

    async def _read_rolls(self, ids: Collection[UUID]) -> Mapping[UUID, Roll]:
        rows: list[Roll | None] = await self.store.get_many(ROLL, [(each,) for each in ids])
        return {row.roll_id: row for row in rows if row is not None}

    async def read(
        self,
        *,
        users: Iterable[UUID | None] = (),
        photos: Iterable[UUID | None] = (),
        rolls: Iterable[UUID | None] = (),
    ) -> None:
        """Reads people, photos and rolls, all at once: one request for each kind, none for what was read before. No id
        is no row."""
        kinds = ((self.users, users), (self.photos, photos), (self.rolls, rolls))
        wanted = [(loader, set(named(ids))) for loader, ids in kinds]
        await asyncio.gather(*(loader.load(ids) for loader, ids in wanted if ids))

    def closed_rolls(self) -> list[UUID]:
        """Those of the rolls that were read of which a viewer's role decides whether they see them."""
        return [row.roll_id for row in self.rolls.rows() if row.visibility != PUBLIC]


class VisibleRows:
    """The rows that one viewer may see at `now`, for one request.

    `read` reads many rows with a request for each kind; what is then said of them (the methods that aren't async) is
    decided without reading, and is a LookupError for a row that wasn't read. The async methods read what they need for
    one thing. Each row is read once. Reading raises StoreUnavailable."""

    def __init__(self, store: Store, viewer: UUID, now: datetime, rows: SharedRows | None = None):
        """`rows`: those that were read for other viewers too; none if it isn't given."""
        self.store, self.viewer, self._now = store, viewer, now
        self.rows = rows or SharedRows(store)
        self.users, self.photos, self.rolls = self.rows.users, self.rows.photos, self.rows.rolls
        self.roles: Loader[Sequence[Member]] = Loader(
            lambda ids: live_beginnings_by_member(store, rolls_of_user, viewer, ids)
        )

    async def read(
        self,
        *,
        users: Iterable[UUID | None] = (),
        photos: Iterable[UUID | None] = (),
        rolls: Iterable[UUID | None] = (),
    ) -> None:
        """Reads people, photos with the rolls that they are in, and rolls with the viewer's roles in them, all at once:
        one request for each of people, photos, rolls and roles, none for what was read before. No id is no row."""
        wanted = set(named(rolls))
        await asyncio.gather(self.rows.read(users=users, photos=photos, rolls=wanted), self.roles.load(wanted))

    def shown_user(self, user_id: UUID | None) -> User | None:
        """A person, if the viewer may see them."""
        row = self.users.loaded(user_id) if is_named(user_id) else None
        return row if sees_user(self.viewer, row) else None

    def own_role(self, roll_id: UUID) -> str | None:
        """The viewer's role in a roll, `owner` or `member`, or None."""
        return role_of(self.roles.loaded(roll_id) or ())

    def shown_roll(self, roll_id: UUID) -> Roll | None:
        """A roll, if the viewer may see it."""
        row = self.rolls.loaded(roll_id)
        role = None if row is None or row.visibility == PUBLIC else self.own_role(roll_id)
        return row if sees_roll(row, role) else None

    def rolls_with(self, photo_id: UUID) -> list[UUID]:
        """The rolls that a photo is in, as far as the viewer may see them."""
        known = self.photos.loaded(photo_id) or UNKNOWN
        return [roll_id for roll_id in sorted(known.rolls) if self.shown_roll(roll_id) is not None]

    def photo_now(self, photo_id: UUID) -> Photo | None:
        """A photo's row as of now, whether or not the viewer may see it."""
        return as_of((self.photos.loaded(photo_id) or UNKNOWN).photo, self._now)

    def shown_photo(self, photo_id: UUID) -> Photo | None:
        """A photo, if the viewer may see it. Its owner and its rolls must have been read."""
        row = self.photo_now(photo_id)
        in_seen_roll = row is not None and bool(self.rolls_with(photo_id))
        return row if row is not None and self._sees(row, in_seen_roll) else None

    def shown_in_roll(self, photo_id: UUID | None, roll_id: UUID) -> Photo | None:
        """A picture that the viewer may look at, of a photo that is in a roll now which they may see. Neither the
        photo's other rolls need to have been read nor, if it isn't in this one, its owner."""
        if not is_named(photo_id):
            return None
        row = self.photo_now(photo_id)
        in_roll = roll_id in (self.photos.loaded(photo_id) or UNKNOWN).rolls
        return row if row is not None and in_roll and is_viewable(row) and self._sees(row, True) else None

    def card_in_roll(self, row: RollPhoto) -> Card | None:
        """The card of a placement in a roll that the viewer may see, if they may look at its picture. Its owner must
        have been read, and no row of the photo: this one says it all."""
        if not has_developed_in_roll(row, self._now):
            return None
        return row.card if row.owner_id == self.viewer or self.shown_user(row.owner_id) is not None else None

    def _sees(self, row: Photo, in_seen_roll: bool) -> bool:
        owner = None if row.owner_id == self.viewer else self.shown_user(row.owner_id)
        return sees_photo(self.viewer, row, owner, in_seen_roll)

    def portrait(self, user: User) -> Photo | None:
        """A person's portrait: a developed photo of their own. By choosing it they made it public."""
        if not is_named(user.avatar_id):
            return None
        row = self.photo_now(user.avatar_id)
        return row if row is not None and is_viewable(row) and row.owner_id == user.user_id else None

    async def user(self, user_id: UUID) -> User | None:
        """Reads a person: None if the viewer may not see them."""
        await self.read(users=[user_id])
        return self.shown_user(user_id)

    async def role(self, roll_id: UUID) -> str | None:
        """Reads the viewer's role in a roll."""
        await self.roles.load([roll_id])
        return self.own_role(roll_id)

    async def roll(self, roll_id: UUID) -> Roll | None:
        """Reads a roll, and the viewer's role in it where that decides: None if the viewer may not see it."""
        await self.rolls.load([roll_id])
        row = self.rolls.loaded(roll_id)
        if row is not None and row.visibility != PUBLIC:
            await self.roles.load([roll_id])
        return self.shown_roll(roll_id)

    async def photo_row(self, photo_id: UUID) -> Photo | None:
        """Reads a photo's row as of now, whether or not the viewer may see it."""
        await self.read(photos=[photo_id])
        return self.photo_now(photo_id)

    async def placements(self, photo_id: UUID) -> Sequence[Placement]:
        """Reads what a photo is in rolls by, whether or not the viewer may see them."""
        await self.read(photos=[photo_id])
        return (self.photos.loaded(photo_id) or UNKNOWN).placements

    async def times_placed(self, photo_id: UUID) -> int:
        """Reads how often a photo was put into rolls."""
        await self.read(photos=[photo_id])
        return (self.photos.loaded(photo_id) or UNKNOWN).times

    async def photo(self, photo_id: UUID) -> Photo | None:
        """Reads a photo, and then what the decision needs of its owner and its rolls: None if the viewer may not see
        it."""
        row = await self.photo_row(photo_id)
        if row is None or row.owner_id == self.viewer or not is_viewable(row):
            return row if sees_photo(self.viewer, row, None, False) else None
        if row.on_profile:
            await self.read(users=[row.owner_id])
            return row if self._sees(row, False) else None
        await self.read(users=[row.owner_id], rolls=(self.photos.loaded(photo_id) or UNKNOWN).rolls)
        return self.shown_photo(photo_id)


def is_named(identity: UUID | None) -> TypeGuard[UUID]:
    """Whether an id names something: no id and the nil id, which clears a column, don't."""
    return identity is not None and identity != NIL


def named(ids: Iterable[UUID | None]) -> Iterator[UUID]:
    """Those of the ids that name something."""
    return filter(is_named, ids)
