"""Hydrates what an answer shows: reads all rows that it needs in a fixed number of requests.

First those that are the same for every viewer, then what one viewer has to do with them. docs/screens.md has what each
screen costs. The order of the reads is that of what follows from what: rolls say who made them, people say which photo
is their portrait, photos say which rolls they are in. Thumbs need no photo: the rows of `roll_feed` have the cards of
what has developed.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from api.hydrated import THUMBS, Related
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.roll_feed import RollPhoto, newest_in_rolls
from projections.reactions.liked_by import liked_by
from projections.rolls.roll_followers import roll_followers
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.protocol import Store
from projections.tally.counts import Counts
from projections.tally.queries import counts_of, live_beginnings_by_member, live_in_each
from projections.visibility import SharedRows, named

NEWEST = THUMBS + 1  # placements of a roll that are read for its thumbs: one of them may have ended or be hidden
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ids of what an answer needs.

    - `photos`, `users`, `rolls`: what it shows in full, with sizes and what the viewer has to do with each.
    - `people`: whom it names, with their portraits.
    - `about_photo`, `about_roll`: what it is about without showing it; the viewer must see that too.
    - `newest`: the newest placements of those rolls for which they were read already.
    """

    photos: Collection[UUID] = ()
    users: Collection[UUID] = ()
    rolls: Collection[UUID] = ()
    people: Collection[UUID | None] = ()
    about_photo: UUID | None = None
    about_roll: UUID | None = None
    newest: Mapping[UUID, Sequence[RollPhoto]] = field(default_factory=dict[UUID, Sequence[RollPhoto]])

    def __or__(self, other: "Wanted") -> "Wanted":
        return Wanted(
            photos={*self.photos, *other.photos},
            users={*self.users, *other.users},
            rolls={*self.rolls, *other.rolls},
            people={*self.people, *other.people},
            about_photo=self.about_photo or other.about_photo,
            about_roll=self.about_roll or other.about_roll,
            newest={**self.newest, **other.newest},
        )


@dataclass(frozen=True, slots=True)
class Hydration:
    """What was read for an answer that is the same for every viewer: rows, the newest placements in each roll that is
    shown, and the sizes of what is shown."""

    wanted: Wanted
    rows: SharedRows
    newest: Mapping[UUID, Sequence[RollPhoto]]
    counts: Mapping[UUID, Counts]


async def hydrate(rows: SharedRows, wanted: Wanted, due: datetime) -> Hydration:
    """Reads what an answer needs that is the same for every viewer. Raises StoreUnavailable."""
    newest = await newest_placements(rows, wanted, due)
    rolls = [row for row in map(rows.rolls.loaded, wanted.rolls) if row is not None]
    pictures = [row for placed in newest.values() for row in placed]
    named_people = {*wanted.users, *wanted.people, *(row.creator_id for row in rolls)}
    await rows.read(users=named_people | {row.owner_id for row in pictures})
    portraits = {row.avatar_id for row in map(rows.users.loaded, named(named_people)) if row is not None}
    covers = [row.cover_id for row in rolls]
    shown = {*wanted.photos, wanted.about_photo}
    await rows.read(photos={*shown, *portraits, *covers})
    known = {each: rows.photos.loaded(each) for each in named({*shown, *covers})}
    owners = {each.photo.owner_id for each in known.values() if each is not None and each.photo is not None}
    placed = {roll for each in named(shown) if (photo := known[each]) is not None for roll in photo.rolls}
    entities = [*wanted.photos, *wanted.users, *wanted.rolls]
    no_counts: list[Counts] = []
    _, counts = await asyncio.gather(
        rows.read(users=owners, rolls={*wanted.rolls, wanted.about_roll, *placed}),
        read_if(entities, counts_of(rows.store, entities), no_counts),
    )
    return Hydration(wanted, rows, newest, dict(zip(entities, counts, strict=True)))


async def newest_placements(rows: SharedRows, wanted: Wanted, due: datetime) -> Mapping[UUID, Sequence[RollPhoto]]:
    """Reads the rolls that are shown and, for their thumbs and covers, the newest placements in each."""
    missing = [roll_id for roll_id in wanted.rolls if roll_id not in wanted.newest]
    _, found = await asyncio.gather(
        rows.rolls.load(wanted.rolls),
        read_if(missing, newest_in_rolls(rows.store, missing, due, NEWEST), {}),
    )
    return {
        **found,
        **{roll_id: placed[:NEWEST] for roll_id, placed in wanted.newest.items() if roll_id in wanted.rolls},
    }


async def relate(store: Store, viewer: UUID, hydration: Hydration) -> Related:
    """Reads what the viewer has to do with what an answer needs: all at once, a request for each kind."""
    wanted, none = hydration.wanted, dict[UUID, Any]()
    others = [user_id for user_id in wanted.users if user_id != viewer]
    rolls = {*wanted.rolls, *hydration.rows.closed_rolls()}
    roles, liked, followed, followees, follow_viewer = await asyncio.gather(
        read_if(rolls, live_beginnings_by_member(store, rolls_of_user, viewer, rolls), none),
        read_if(wanted.photos, live_beginnings_by_member(store, liked_by, viewer, wanted.photos), none),
        read_if(wanted.rolls, live_in_each(store, roll_followers, wanted.rolls, viewer), none),
        read_if(others, live_beginnings_by_member(store, following, viewer, others), none),
        read_if(others, live_beginnings_by_member(store, followers, viewer, others), none),
    )
    return Related(
        roles={roll_id: roles.get(roll_id, ()) for roll_id in rolls},
        liked=frozenset(liked),
        followed_rolls=frozenset(roll_id for roll_id, begun in followed.items() if begun),
        followed_people=frozenset(followees),
        followers=frozenset(follow_viewer),
    )


async def read_if(ids: Collection[Any], read: Coroutine[Any, Any, T], otherwise: T) -> T:
    """What a read finds; `otherwise`, without reading, if there are no ids to look for."""
    if ids:
        return await read
    read.close()
    return otherwise
