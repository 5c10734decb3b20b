"""GET /v1/photos/{id}: a photo, who likes it, and what people wrote about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import screens
from api.answers import About, page, screen
from api.context import ReadContext
from api.hydration import Wanted
from api.includes import Included, including
from api.lists import LIKERS, PHOTO_COMMENTS
from api.responses import documents
from projections.visibility import SharedRows
from web.pagination import Paging

WHAT = "photo"

router = APIRouter(prefix="/v1/photos/{photo}", tags=["photos"])
Include = Annotated[Included, Depends(including({"comments": PHOTO_COMMENTS}))]


@router.get("", **documents(screens.PhotoScreen, 404))
async def photo(context: ReadContext, photo: UUID, include: Include) -> Response:
    """A photo. While it develops, its owner sees when it will have; for everybody else there is no such photo."""

    async def read(rows: SharedRows) -> Wanted:
        await rows.photos.load([photo])
        known = rows.photos.loaded(photo)
        return Wanted(photos=[photo], people=[known.photo.owner_id] if known and known.photo else [])

    return await screen(context, photo, read, include, lambda hydrated: hydrated.photo(photo), WHAT)


@router.get("/likers", **documents(screens.PageOfUsers, 404))
async def likers(context: ReadContext, photo: UUID, paging: Paging) -> Response:
    """Who likes a photo, the latest first."""
    return await page(context, LIKERS, photo, paging, About.photo(photo))


@router.get("/comments", **documents(screens.PageOfComments, 404))
async def comments(context: ReadContext, photo: UUID, paging: Paging) -> Response:
    """What people wrote about a photo, the latest first."""
    return await page(context, PHOTO_COMMENTS, photo, paging, About.photo(photo))
