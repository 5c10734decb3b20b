"""GET /v1/rolls/{id}: a roll, its photos and its members."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import hydration, responses
from api.context import Asking
from api.hydration import Shown
from api.presentation import DEVELOPED
from projections.photos.roll_feed import RollPhoto, roll_candidates
from projections.rolls.members import members as members_tally
from projections.rolls.roll import Roll
from projections.tally.queries import key_of, newest_members
from web.pagination import Cursor, Paged
from web.problems import not_found

PHOTOS = Cursor("photos of a roll", datetime, datetime, UUID, UUID)
MEMBERS = Cursor("members", datetime, UUID, UUID)

router = APIRouter(prefix="/v1/rolls/{roll}", tags=["rolls"])


async def seen_roll(ask: Asking, roll: UUID) -> Roll:
    """The roll that a path names. Problem 404 if there is none, or none that the viewer may see."""
    row = await ask.sight.roll(roll)
    if row is None:
        raise not_found("roll")
    return row


SeenRoll = Annotated[Roll, Depends(seen_roll)]


@router.get("", **responses.answers(responses.Roll, 404))
async def roll(ask: Asking, row: SeenRoll) -> Response:
    """A roll. `counts.developing` of its photos aren't to be seen yet."""
    return ask.answer((await hydration.rolls(ask, [row.roll_id]))[0] or {})


@router.get("/photos", **responses.answers_with_page(responses.Photo, 404))
async def roll_photos(ask: Asking, row: SeenRoll, paging: Paged) -> Response:
    """A roll's developed photos, the latest to develop first."""

    async def hydrate(rows: Sequence[RollPhoto]) -> list[Shown | None]:
        return await hydration.photos(ask, [each.photo_id for each in rows], DEVELOPED)

    return await ask.page(
        paging,
        PHOTOS,
        lambda after, size: roll_candidates(ask.store, row.roll_id, ask.now, after, size),
        lambda each: (each.develops_at, each.taken_at, each.photo_id, each.placement_id),
        hydrate,
    )


@router.get("/members", **responses.answers_with_page(responses.Member, 404))
async def roll_members(ask: Asking, row: SeenRoll, paging: Paged) -> Response:
    """A roll's members, the latest joined first."""
    return await ask.page(
        paging,
        MEMBERS,
        lambda after, size: newest_members(ask.store, members_tally, row.roll_id, after, size),
        key_of,
        lambda rows: hydration.members(ask, rows),
    )
