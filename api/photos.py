"""GET /v1/photos/{id}: a photo, who likes it, and what people wrote about it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import hydration, responses
from api.context import Asking
from api.users import people
from projections.reactions.comments import comments_on
from projections.reactions.likers import likers as likers_tally
from web.pagination import Cursor, Paged
from web.problems import not_found

LIKERS = Cursor("likers", datetime, UUID, UUID)
COMMENTS = Cursor("comments", datetime, UUID)

router = APIRouter(prefix="/v1/photos/{photo}", tags=["photos"])


async def seen_photo(ask: Asking, photo: UUID) -> UUID:
    """The photo that a path names. Problem 404 if there is none, or none that the viewer may know of."""
    if await ask.sight.photo(photo) is None:
        raise not_found("photo")
    return photo


SeenPhoto = Annotated[UUID, Depends(seen_photo)]


@router.get("", **responses.answers(responses.Photo, 404))
async def photo(ask: Asking, photo: UUID) -> Response:
    """A photo. While it develops, its owner is told when it will have, and nobody else that there is one."""
    shown = await hydration.photo(ask, photo)
    if shown is None:
        raise not_found("photo")
    return ask.answer(shown)


@router.get("/likers", **responses.answers_with_page(responses.User, 404))
async def likers(ask: Asking, photo_id: SeenPhoto, paging: Paged) -> Response:
    """Who likes a photo, the latest first."""
    return await people(ask, likers_tally, photo_id, paging, LIKERS)


@router.get("/comments", **responses.answers_with_page(responses.Comment, 404))
async def comments(ask: Asking, photo_id: SeenPhoto, paging: Paged) -> Response:
    """What people wrote about a photo, the latest first."""
    return await ask.page(
        paging,
        COMMENTS,
        lambda after, size: comments_on(ask.store, photo_id, after, size),
        lambda row: (row.posted_at, row.comment_id),
        lambda rows: hydration.comments(ask, rows),
    )
