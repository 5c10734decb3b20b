"""Hydrates ids into response bodies; None for what the viewer may not see."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api import presentation
from api.context import Context
from events.ids import NIL
from projections.graph.followers import followers
from projections.graph.following import following
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.reactions.likers import likers
from projections.rolls.roll import Roll
from projections.rolls.roll_followers import roll_followers
from projections.tally.queries import counts_of, live_beginnings, live_beginnings_by_member
from projections.tally.tally import Member
from projections.visibility import is_viewable

Body = dict[str, Any]


async def photos(context: Context, ids: Sequence[UUID], state: str | None = None) -> list[Body | None]:
    """Photos that the viewer may see; where a `state` is given, only those in it."""
    return list(await asyncio.gather(*(photo(context, photo_id, state) for photo_id in ids)))


async def photo(context: Context, photo_id: UUID, state: str | None = None) -> Body | None:
    """One photo. Its rolls are read beside its row, because most photos that are asked for may be seen."""
    row, rolls = await asyncio.gather(context.visible.photo_row(photo_id), context.visible.rolls_of(photo_id))
    if (
        row is None
        or (state is not None and presentation.state_of(row) != state)
        or not await context.visible.sees(row)
    ):
        return None
    counts, liked = await asyncio.gather(
        counts_of(context.store, [photo_id]),
        live_beginnings(context.store, likers, entity=photo_id, member=context.viewer),
    )
    images = context.image_urls.of(row, context.now) if is_viewable(row) else None
    return presentation.photo(row, images, rolls, counts[0], bool(liked))


async def users(context: Context, ids: Sequence[UUID]) -> list[Body | None]:
    """People whom the viewer may see."""
    rows = [row for row in await asyncio.gather(*map(context.visible.user, ids)) if row is not None]
    seen = [row.user_id for row in rows]
    counts, avatars, followees, followers_of_viewer = await asyncio.gather(
        counts_of(context.store, seen),
        asyncio.gather(*map(context.visible.portrait, rows)),
        live_beginnings_by_member(context.store, following, context.viewer, seen),
        live_beginnings_by_member(context.store, followers, context.viewer, seen),
    )
    shown = {
        row.user_id: presentation.user(
            row, image_of(context, avatar, "thumb"), sizes, row.user_id in followees, row.user_id in followers_of_viewer
        )
        for row, avatar, sizes in zip(rows, avatars, counts, strict=True)
    }
    return [shown.get(user_id) for user_id in ids]


async def members(context: Context, rows: Sequence[Member]) -> list[Body | None]:
    """Members of a roll: people, with their roles in it."""
    shown = await users(context, [row.member for row in rows])
    return [None if user is None else presentation.member(user, row) for user, row in zip(shown, rows, strict=True)]


async def rolls(context: Context, ids: Sequence[UUID]) -> list[Body | None]:
    """Rolls that the viewer may see."""
    await context.visible.prefetch_roles(ids)
    rows = [row for row in await asyncio.gather(*map(context.visible.roll, ids)) if row is not None]
    seen = [row.roll_id for row in rows]
    counts, covers, roles, followed = await asyncio.gather(
        counts_of(context.store, seen),
        asyncio.gather(*(cover(context, row) for row in rows)),
        asyncio.gather(*map(context.visible.role, seen)),
        asyncio.gather(
            *(live_beginnings(context.store, roll_followers, entity=roll_id, member=context.viewer) for roll_id in seen)
        ),
    )
    shown = {
        row.roll_id: presentation.roll(row, image_of(context, cover_photo, "feed"), sizes, role, bool(follows))
        for row, cover_photo, sizes, role, follows in zip(rows, covers, counts, roles, followed, strict=True)
    }
    return [shown.get(roll_id) for roll_id in ids]


async def cover(context: Context, row: Roll) -> Photo | None:
    """A roll's cover, if the viewer may see that photo."""
    return None if row.cover_id in (None, NIL) else await context.visible.photo(row.cover_id)


def image_of(context: Context, row: Photo | None, size: str) -> Any:
    """One size of a photo that the viewer may see; None until it has developed."""
    return context.image_urls.size(row, size, context.now) if row is not None and is_viewable(row) else None


async def comments(context: Context, rows: Sequence[Comment]) -> list[Body | None]:
    """Comments by people whom the viewer may see."""
    authors = await asyncio.gather(*(context.visible.user(row.author_id or NIL) for row in rows))
    return [None if author is None else presentation.comment(row) for author, row in zip(authors, rows, strict=True)]
