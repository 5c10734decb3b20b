"""GET /v1/rolls/{id}: a roll, its photos and its members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import screens
from api.answers import About, Waiting, page, screen
from api.context import ReadContext
from api.hydration import Wanted
from api.includes import Included, including
from api.lists import MEMBERS, ROLL_PHOTOS
from api.responses import documents
from projections.photos.developing_in_roll import developing_in_roll
from projections.photos.roll_feed import developing_next
from projections.visibility import SharedRows
from web.pagination import Paging

router = APIRouter(prefix="/v1/rolls/{roll}", tags=["rolls"])
Include = Annotated[Included, Depends(including({"photos": ROLL_PHOTOS, "members": MEMBERS}))]


@router.get("", **documents(screens.RollScreen, 404))
async def roll(context: ReadContext, roll: UUID, include: Include) -> Response:
    """A roll: with how many of its photos can't be seen yet, and when the next of them can."""

    async def read(rows: SharedRows) -> Wanted:
        await rows.rolls.load([roll])
        return Wanted(rolls=[roll])

    waiting = Waiting(developing_in_roll, lambda source: developing_next(source.store, roll, source.due))
    return await screen(context, roll, read, include, lambda hydrated: hydrated.roll(roll), "roll", waiting=waiting)


@router.get("/photos", **documents(screens.PageOfPhotos, 404))
async def roll_photos(context: ReadContext, roll: UUID, paging: Paging) -> Response:
    """A roll's developed photos, the latest to develop first."""
    return await page(context, ROLL_PHOTOS, roll, paging, About.roll(roll))


@router.get("/members", **documents(screens.PageOfMembers, 404))
async def roll_members(context: ReadContext, roll: UUID, paging: Paging) -> Response:
    """A roll's members, the latest joined first."""
    return await page(context, MEMBERS, roll, paging, About.roll(roll))
