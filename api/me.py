"""GET /v1/me: oneself, and one's own photos, the developing ones too."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import hydration, responses
from api.context import Asking
from api.hydration import Shown
from api.users import PHOTOS, key_of_photo
from projections.photos.photos_of_user import UserPhoto, user_candidates
from web.pagination import Paged
from web.problems import not_found

router = APIRouter(tags=["me"])


class State(Enum):
    """Which photos: all that don't name a state."""

    developing = "developing"
    developed = "developed"


@router.get("/v1/me", **responses.answers(responses.Me, 404))
async def me(ask: Asking) -> Response:
    """The person who asks."""
    row = await ask.sight.user(ask.viewer)
    if row is None:
        raise not_found("account")
    shown = (await hydration.users(ask, [ask.viewer]))[0]
    return ask.answer((shown or {}) | {"bio": row.bio or "", "zone": row.zone or ""})


@router.get("/v1/me/photos", **responses.answers_with_page(responses.Photo))
async def my_photos(
    ask: Asking, paging: Paged, state: Annotated[State | None, Query(description="Only those in this state.")] = None
) -> Response:
    """One's own photos, the latest to develop first. Those that are developing say when they will have, and no more."""
    wanted = state.value if state else None
    upto = ask.now if state is State.developed else None

    async def hydrate(rows: Sequence[UserPhoto]) -> list[Shown | None]:
        return await hydration.photos(ask, [row.photo_id for row in rows], wanted)

    return await ask.page(
        paging,
        PHOTOS,
        lambda after, size: user_candidates(ask.store, ask.viewer, upto, after, size),
        key_of_photo,
        hydrate,
    )
