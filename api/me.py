"""GET /v1/me: the viewer's own account, and their own photos, the developing ones too."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from api import screens
from api.answers import About, Waiting, known, page, screen
from api.context import ReadContext
from api.hydrated import Hydrated
from api.hydration import Wanted
from api.includes import Included, including
from api.lists import MY_PHOTOS, MY_PHOTOS_BY_STATE, ROLLS
from api.presentation import REJECTED, Body
from api.responses import PhotoState, documents
from projections.photos.developing_of_user import developing_of_user
from projections.photos.photos_of_user import developing_next_of_user
from web.pagination import Paging

router = APIRouter(tags=["me"])
Include = Annotated[
    Included,
    Depends(including({"photos": MY_PHOTOS, "rejected": MY_PHOTOS_BY_STATE[REJECTED], "rolls": ROLLS})),
]


@router.get("/v1/me", **documents(screens.MeScreen, 404))
async def me(context: ReadContext, include: Include) -> Response:
    """Your account: with what develops, and when it is ready."""
    viewer = context.viewer

    def show(hydrated: Hydrated) -> Body | None:
        body, row = hydrated.user(viewer), hydrated.visible.shown_user(viewer)
        return body | {"bio": row.bio or "", "zone": row.zone or ""} if body and row else None

    waiting = Waiting(developing_of_user, lambda source: developing_next_of_user(source.store, viewer, source.due))
    wanted = Wanted(users=[viewer])
    return await screen(context, viewer, lambda _: known(wanted), include, show, "account", waiting=waiting)


@router.get("/v1/me/photos", **documents(screens.PageOfPhotos))
async def my_photos(
    context: ReadContext,
    paging: Paging,
    state: Annotated[PhotoState | SkipJsonSchema[None], Query(description="Only those in this state.")] = None,
) -> Response:
    """Your own photos, the latest to develop first. A developing one says when it will have developed, and no more; a
    rejected one says why."""
    listing = MY_PHOTOS if state is None else MY_PHOTOS_BY_STATE[state.value]
    return await page(context, listing, context.viewer, paging, About.viewer())
