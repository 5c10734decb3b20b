"""GET /v1/users/…: a person, by id or @handle, and their photos, followers, rolls and whom they follow."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api import hydration, responses
from api.context import Ask, Asking
from api.hydration import Shown
from api.presentation import DEVELOPED
from projections.accounts.users import User
from projections.accounts.users_by_handle import handle_hmac, user_with_handle
from projections.graph.followers import followers as followers_tally
from projections.graph.following import following as following_tally
from projections.photos.photos_of_user import UserPhoto, user_candidates
from projections.rolls.rolls_of_user import rolls_of_user
from projections.tally.queries import key_of, newest_members
from projections.tally.tally import Member, Tally
from web.pagination import Cursor, Paged
from web.problems import not_found

PHOTOS = Cursor("photos of a person", datetime, datetime, UUID)
FOLLOWERS, FOLLOWING, ROLLS = (Cursor(name, datetime, UUID, UUID) for name in ("followers", "following", "rolls"))
LONGEST_HANDLE = 64
DASHED = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

router = APIRouter(prefix="/v1/users/{user}", tags=["users"])


async def person(ask: Asking, user: Annotated[str, Path(description="An id, or @handle.", examples=["@ada"])]) -> User:
    """The person that a path names. Problem 404 if there is none, or none that the viewer may see."""
    user_id: UUID | None = None
    if user.startswith("@") and len(user) <= LONGEST_HANDLE:
        holder = await user_with_handle(ask.store, handle_hmac(ask.settings, user[1:]))
        user_id = holder.user_id if holder else None
    elif DASHED.fullmatch(user):
        user_id = UUID(user)
    row = await ask.sight.user(user_id) if user_id else None
    if row is None:
        raise not_found("person")
    return row


Person = Annotated[User, Depends(person)]


@router.get("", **responses.answers(responses.Profile, 404))
async def profile(ask: Asking, row: Person) -> Response:
    """A person."""
    shown = (await hydration.users(ask, [row.user_id]))[0]
    return ask.answer((shown or {}) | {"bio": row.bio or ""})


@router.get("/photos", **responses.answers_with_page(responses.Photo, 404))
async def photos(ask: Asking, row: Person, paging: Paged) -> Response:
    """What a person shows on their profile: developed photos, taken on_profile, the latest first."""

    async def hydrate(rows: Sequence[UserPhoto]) -> list[Shown | None]:
        return await hydration.photos(ask, [each.photo_id for each in rows], DEVELOPED)

    async def on_profile(after: tuple[Any, ...], size: int) -> AsyncIterator[UserPhoto]:
        async for each in user_candidates(ask.store, row.user_id, ask.now, after, size):
            if each.on_profile:
                yield each

    return await ask.page(paging, PHOTOS, on_profile, key_of_photo, hydrate)


@router.get("/followers", **responses.answers_with_page(responses.User, 404))
async def followers(ask: Asking, row: Person, paging: Paged) -> Response:
    """Who follows a person, the latest first."""
    return await people(ask, followers_tally, row.user_id, paging, FOLLOWERS)


@router.get("/following", **responses.answers_with_page(responses.User, 404))
async def following(ask: Asking, row: Person, paging: Paged) -> Response:
    """Whom a person follows, the latest first."""
    return await people(ask, following_tally, row.user_id, paging, FOLLOWING)


@router.get("/rolls", **responses.answers_with_page(responses.Roll, 404))
async def rolls(ask: Asking, row: Person, paging: Paged) -> Response:
    """The rolls that a person is a member of, as far as the viewer may see them; the latest joined first."""

    async def hydrate(rows: Sequence[Member]) -> list[Shown | None]:
        return await hydration.rolls(ask, [each.member for each in rows])

    return await ask.page(
        paging,
        ROLLS,
        lambda after, size: newest_members(ask.store, rolls_of_user, row.user_id, after, size),
        key_of,
        hydrate,
    )


async def people(ask: Ask, tally: Tally, entity: UUID, paging: Paged, cursor: Cursor) -> Response:
    """A page of the people in a set."""

    async def hydrate(rows: Sequence[Member]) -> list[Shown | None]:
        return await hydration.users(ask, [each.member for each in rows])

    return await ask.page(
        paging, cursor, lambda after, size: newest_members(ask.store, tally, entity, after, size), key_of, hydrate
    )


def key_of_photo(row: UserPhoto) -> tuple[datetime, datetime, UUID]:
    """Where a photo stands among its owner's."""
    return row.develops_at, row.taken_at, row.photo_id
