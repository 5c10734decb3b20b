"""GET /v1/rolls/{id}: a roll, its photos and its members."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import hydration, responses
from api.context import ReadContext
from api.fill_page import one_by_one
from api.hydration import Body
from api.presentation import DEVELOPED
from api.users import members_of
from projections.photos.roll_feed import ROLL_FEED, RollPhoto, roll_photo_candidates
from projections.rolls.members import members as members_tally
from projections.rolls.roll import Roll
from web.pagination import Cursor, Paging
from web.problems import not_found

PHOTOS_CURSOR = Cursor(ROLL_FEED)

router = APIRouter(prefix="/v1/rolls/{roll}", tags=["rolls"])


async def seen_roll(context: ReadContext, roll: UUID) -> Roll:
    """The roll that a path names. Raises Problem 404 if there is none, or none that the viewer may see."""
    row = await context.visible.roll(roll)
    if row is None:
        raise not_found("roll")
    return row


SeenRoll = Annotated[Roll, Depends(seen_roll)]


@router.get("", **responses.documents(responses.Roll, 404))
async def roll(context: ReadContext, row: SeenRoll) -> Response:
    """A roll. `counts.developing` of its photos can't be seen yet."""
    return context.respond((await hydration.rolls(context, [row.roll_id]))[0] or {})


@router.get("/photos", **responses.documents_page(responses.Photo, 404))
async def roll_photos(context: ReadContext, row: SeenRoll, paging: Paging) -> Response:
    """A roll's developed photos, the latest to develop first."""

    async def hydrate(rows: Sequence[RollPhoto]) -> list[Body | None]:
        return await hydration.photos(context, [placement.photo_id for placement in rows], DEVELOPED)

    async def read(after: tuple[Any, ...], size: int) -> list[RollPhoto]:
        return await roll_photo_candidates(context.store, row.roll_id, context.now, after, size)

    async def candidates(after: tuple[Any, ...], size: int) -> AsyncIterator[RollPhoto]:
        async for placement in one_by_one(read, ROLL_FEED, after, size):
            if not placement.ended:
                yield placement

    return await context.page(paging, PHOTOS_CURSOR, candidates, hydrate)


@router.get("/members", **responses.documents_page(responses.Member, 404))
async def roll_members(context: ReadContext, row: SeenRoll, paging: Paging) -> Response:
    """A roll's members, the latest joined first."""
    return await members_of(context, members_tally, row.roll_id, paging, lambda rows: hydration.members(context, rows))
