"""GET /v1/photos/{id}: a photo, who likes it, and what people wrote about it."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import hydration, responses
from api.context import ReadContext
from api.fill_page import one_by_one
from api.users import people_in
from projections.reactions.comments import COMMENTS, Comment, comments_on
from projections.reactions.likers import likers as likers_tally
from web.pagination import Cursor, Paging
from web.problems import not_found

COMMENTS_CURSOR = Cursor(COMMENTS)

router = APIRouter(prefix="/v1/photos/{photo}", tags=["photos"])


async def seen_photo(context: ReadContext, photo: UUID) -> UUID:
    """The photo that a path names. Raises Problem 404 if there is none, or none that the viewer may know of."""
    if await context.visible.photo(photo) is None:
        raise not_found("photo")
    return photo


SeenPhoto = Annotated[UUID, Depends(seen_photo)]


@router.get("", **responses.documents(responses.Photo, 404))
async def photo(context: ReadContext, photo: UUID) -> Response:
    """A photo. While it develops, its owner sees when it will have; for everybody else there is no such photo."""
    body = await hydration.photo(context, photo)
    if body is None:
        raise not_found("photo")
    return context.respond(body)


@router.get("/likers", **responses.documents_page(responses.User, 404))
async def likers(context: ReadContext, photo_id: SeenPhoto, paging: Paging) -> Response:
    """Who likes a photo, the latest first."""
    return await people_in(context, likers_tally, photo_id, paging)


@router.get("/comments", **responses.documents_page(responses.Comment, 404))
async def comments(context: ReadContext, photo_id: SeenPhoto, paging: Paging) -> Response:
    """What people wrote about a photo, the latest first."""

    async def read(after: tuple[Any, ...], size: int) -> list[Comment]:
        return await comments_on(context.store, photo_id, after, size)

    async def candidates(after: tuple[Any, ...], size: int) -> AsyncIterator[Comment]:
        async for row in one_by_one(read, COMMENTS, after, size):
            if not row.deleted:
                yield row

    return await context.page(paging, COMMENTS_CURSOR, candidates, lambda rows: hydration.comments(context, rows))
