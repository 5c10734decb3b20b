"""Hydrates what an answer shows: reads all rows that it needs in a fixed number of requests, then says what is shown.

docs/screens.md has what each screen costs. The order of the reads is that of what follows from what: rolls say who made
them, people say which photo is their portrait, photos say which rolls they are in. Thumbs need no photo: the rows of
`roll_feed` have the cards of what has developed.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from api.context import Context
from api.hydrated import THUMBS, Hydrated, Related
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.roll_feed import RollPhoto, newest_in_rolls
from projections.reactions.liked_by import liked_by
from projections.rolls.roll_followers import roll_followers
from projections.tally.counts import Counts
from projections.tally.queries import counts_of, live_beginnings_by_member, live_in_each
from projections.visibility import named

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


async def hydrate(context: Context, wanted: Wanted) -> Hydrated:
    """Reads what an answer needs. Raises StoreUnavailable."""
    visible = context.visible
    newest = await newest_placements(context, wanted)
    rolls = [row for row in map(visible.rolls.loaded, wanted.rolls) if row is not None]
    pictures = [row for rows in newest.values() for row in rows]
    named_people = {*wanted.users, *wanted.people, *(row.creator_id for row in rolls)}
    await visible.read(users=named_people | {row.owner_id for row in pictures})
    portraits = {row.avatar_id for row in map(visible.users.loaded, named(named_people)) if row is not None}
    covers = [row.cover_id for row in rolls]
    shown = {*wanted.photos, wanted.about_photo}
    await visible.read(photos={*shown, *portraits, *covers})
    known = [each for each in map(visible.photos.loaded, named(shown)) if each is not None]
    owners = {row.owner_id for row in map(visible.photo_now, named({*shown, *covers})) if row is not None}
    _, related = await asyncio.gather(
        visible.read(
            users=owners, rolls={*wanted.rolls, wanted.about_roll, *(roll for each in known for roll in each.rolls)}
        ),
        relate(context, wanted),
    )
    return Hydrated(context, newest, related)


async def newest_placements(context: Context, wanted: Wanted) -> Mapping[UUID, Sequence[RollPhoto]]:
    """Reads the rolls that are shown and, for their thumbs and covers, the newest placements in each."""
    missing = [roll_id for roll_id in wanted.rolls if roll_id not in wanted.newest]
    _, found = await asyncio.gather(
        context.visible.rolls.load(wanted.rolls),
        read_if(missing, newest_in_rolls(context.store, missing, context.due, NEWEST), {}),
    )
    return {**found, **{roll_id: rows[:NEWEST] for roll_id, rows in wanted.newest.items() if roll_id in wanted.rolls}}


async def relate(context: Context, wanted: Wanted) -> Related:
    """Reads the sizes of what is shown, and what the viewer has to do with it."""
    store, viewer = context.store, context.viewer
    others = [user_id for user_id in wanted.users if user_id != viewer]
    entities = [*wanted.photos, *wanted.users, *wanted.rolls]
    none: Mapping[UUID, Any] = {}
    no_counts: list[Counts] = []
    counts, liked, followed, followees, follow_viewer = await asyncio.gather(
        read_if(entities, counts_of(store, entities), no_counts),
        read_if(wanted.photos, live_beginnings_by_member(store, liked_by, viewer, wanted.photos), none),
        read_if(wanted.rolls, live_in_each(store, roll_followers, wanted.rolls, viewer), none),
        read_if(others, live_beginnings_by_member(store, following, viewer, others), none),
        read_if(others, live_beginnings_by_member(store, followers, viewer, others), none),
    )
    return Related(
        dict(zip(entities, counts, strict=True)),
        liked=frozenset(liked),
        followed_rolls=frozenset(roll_id for roll_id, rows in followed.items() if rows),
        followed_people=frozenset(followees),
        followers=frozenset(follow_viewer),
    )


async def read_if(ids: Collection[Any], read: Coroutine[Any, Any, T], otherwise: T) -> T:
    """What a read finds; `otherwise`, without reading, if there are no ids to look for."""
    if ids:
        return await read
    read.close()
    return otherwise
