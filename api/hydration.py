"""From ids to what is shown of them: rows, counts and the viewer's own part, read at once; None for what is hidden."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api import presentation
from api.context import Ask
from events.ids import NIL
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.reactions.likers import likers
from projections.rolls.roll import Roll
from projections.rolls.roll_followers import roll_followers
from projections.tally.queries import beginnings, counts_of, which
from projections.tally.tally import Member
from projections.visibility import shows

Shown = dict[str, Any]


async def photos(ask: Ask, ids: Sequence[UUID], state: str | None = None) -> list[Shown | None]:
    """Photos that the viewer may see; with a `state`, only those in it."""
    return list(await asyncio.gather(*(photo(ask, photo_id, state) for photo_id in ids)))


async def photo(ask: Ask, photo_id: UUID, state: str | None = None) -> Shown | None:
    """One photo. The rolls are asked for beside the row, because most photos that are asked for may be seen."""
    row, rolls = await asyncio.gather(ask.sight.row(photo_id), ask.sight.rolls_of(photo_id))
    if row is None or (state is not None and presentation.state_of(row) != state) or not await ask.sight.sees(row):
        return None
    counts, liked = await asyncio.gather(
        counts_of(ask.store, [photo_id], ask.generations), beginnings(ask.store, likers, photo_id, ask.viewer)
    )
    images = ask.images.of(row, ask.now) if shows(row) else None
    return presentation.photo(row, images, rolls, counts[0], bool(liked))


async def users(ask: Ask, ids: Sequence[UUID]) -> list[Shown | None]:
    """People whom the viewer may see."""
    rows = [row for row in await asyncio.gather(*map(ask.sight.user, ids)) if row is not None]
    seen = [row.user_id for row in rows]
    counts, portraits, ours, theirs = await asyncio.gather(
        counts_of(ask.store, seen, ask.generations),
        asyncio.gather(*map(ask.sight.portrait, rows)),
        which(ask.store, following, ask.viewer, seen),
        which(ask.store, followers, ask.viewer, seen),
    )
    shown = {
        row.user_id: presentation.user(
            row, picture(ask, portrait, "thumb"), of, row.user_id in ours, row.user_id in theirs
        )
        for row, portrait, of in zip(rows, portraits, counts, strict=True)
    }
    return [shown.get(user_id) for user_id in ids]


async def members(ask: Ask, rows: Sequence[Member]) -> list[Shown | None]:
    """Members of a roll: people, with what they are in it."""
    shown = await users(ask, [row.member for row in rows])
    return [None if user is None else presentation.member(user, row) for user, row in zip(shown, rows, strict=True)]


async def rolls(ask: Ask, ids: Sequence[UUID]) -> list[Shown | None]:
    """Rolls that the viewer may see."""
    await ask.sight.know_roles(ids)
    rows = [row for row in await asyncio.gather(*map(ask.sight.roll, ids)) if row is not None]
    seen = [row.roll_id for row in rows]
    counts, covers, roles, followed = await asyncio.gather(
        counts_of(ask.store, seen, ask.generations),
        asyncio.gather(*(cover(ask, row) for row in rows)),
        asyncio.gather(*map(ask.sight.role, seen)),
        asyncio.gather(*(beginnings(ask.store, roll_followers, roll_id, ask.viewer) for roll_id in seen)),
    )
    shown = {
        row.roll_id: presentation.roll(row, picture(ask, on_cover, "feed"), of, role, bool(follows))
        for row, on_cover, of, role, follows in zip(rows, covers, counts, roles, followed, strict=True)
    }
    return [shown.get(roll_id) for roll_id in ids]


async def cover(ask: Ask, row: Roll) -> Photo | None:
    """A roll's cover, if the viewer may see that photo."""
    return None if row.cover_id in (None, NIL) else await ask.sight.photo(row.cover_id)


def picture(ask: Ask, row: Photo | None, size: str) -> Any:
    """One size of a photo that may be seen, once there is anything to look at."""
    return ask.images.size(row, size, ask.now) if row is not None and shows(row) else None


async def comments(ask: Ask, rows: Sequence[Comment]) -> list[Shown | None]:
    """Comments by people whom the viewer may see."""
    authors = await asyncio.gather(*(ask.sight.user(row.author_id or NIL) for row in rows))
    return [None if author is None else presentation.comment(row) for author, row in zip(authors, rows, strict=True)]
