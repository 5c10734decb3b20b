"""GET /v1/me: the viewer's own account, and their own photos, the developing ones too."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import hydration, responses
from api.context import ReadContext
from api.hydration import Body
from api.users import PHOTOS, photos_taken_by
from projections.photos.photos_of_user import UserPhoto
from web.pagination import Paging
from web.problems import not_found

router = APIRouter(tags=["me"])


class State(Enum):
    """The states that photos can be listed by."""

    developing = "developing"
    developed = "developed"


@router.get("/v1/me", **responses.documents(responses.Me, 404))
async def me(context: ReadContext) -> Response:
    """Your account."""
    row = await context.visible.user(context.viewer)
    if row is None:
        raise not_found("account")
    body = (await hydration.users(context, [context.viewer]))[0]
    return context.respond((body or {}) | {"bio": row.bio or "", "zone": row.zone or ""})


@router.get("/v1/me/photos", **responses.documents_page(responses.Photo))
async def my_photos(
    context: ReadContext,
    paging: Paging,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> Response:
    """Your own photos, the latest to develop first. A developing one says when it will have developed, and no more."""
    wanted = state.value if state else None
    upto = context.now if state is State.developed else None

    async def hydrate(rows: Sequence[UserPhoto]) -> list[Body | None]:
        return await hydration.photos(context, [row.photo_id for row in rows], wanted)

    return await context.page(
        paging,
        PHOTOS,
        lambda after, size: photos_taken_by(context, context.viewer, upto, after, size),
        hydrate,
    )
