"""GET /v1/users/…: a person, by id or @handle, and their photos, followers, rolls and whom they follow."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api import hydration, responses
from api.context import Context, ReadContext
from api.fill_page import Hydrate, one_by_one
from api.hydration import Body
from api.presentation import DEVELOPED
from projections.accounts.users import User
from projections.accounts.users_by_handle import handle_hmac, user_with_handle
from projections.graph.followers import followers as followers_tally
from projections.graph.following import following as following_tally
from projections.photos.photos_of_user import PHOTOS_OF_USER, UserPhoto, user_photo_candidates
from projections.rolls.rolls_of_user import rolls_of_user
from projections.store.table import clustering_key
from projections.tally.queries import newest_members
from projections.tally.tally import Member, Tally
from web.pagination import Cursor, PageRequest, Paging
from web.problems import not_found

PHOTOS = Cursor(PHOTOS_OF_USER)
LONGEST_HANDLE = 64
DASHED = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

router = APIRouter(prefix="/v1/users/{user}", tags=["users"])


async def person(
    context: ReadContext, user: Annotated[str, Path(description="An id, or @handle.", examples=["@ada"])]
) -> User:
    """The person that a path names. Raises Problem 404 if there is none, or none that the viewer may see."""
    user_id: UUID | None = None
    if user.startswith("@") and len(user) <= LONGEST_HANDLE:
        holder = await user_with_handle(context.store, handle_hmac(context.settings, user[1:]))
        user_id = holder.user_id if holder else None
    elif DASHED.fullmatch(user):
        user_id = UUID(user)
    row = await context.visible.user(user_id) if user_id else None
    if row is None:
        raise not_found("person")
    return row


Person = Annotated[User, Depends(person)]


@router.get("", **responses.documents(responses.Profile, 404))
async def profile(context: ReadContext, row: Person) -> Response:
    """A person."""
    body = (await hydration.users(context, [row.user_id]))[0]
    return context.respond((body or {}) | {"bio": row.bio or ""})


@router.get("/photos", **responses.documents_page(responses.Photo, 404))
async def photos(context: ReadContext, row: Person, paging: Paging) -> Response:
    """What a person shows on their profile: developed photos, taken on_profile, the latest first."""

    async def hydrate(rows: Sequence[UserPhoto]) -> list[Body | None]:
        return await hydration.photos(context, [photo.photo_id for photo in rows], DEVELOPED)

    async def on_profile(after: tuple[Any, ...], size: int) -> AsyncIterator[UserPhoto]:
        async for photo in photos_taken_by(context, row.user_id, context.now, after, size):
            if photo.on_profile:
                yield photo

    return await context.page(paging, PHOTOS, on_profile, hydrate)


@router.get("/followers", **responses.documents_page(responses.User, 404))
async def followers(context: ReadContext, row: Person, paging: Paging) -> Response:
    """Who follows a person, the latest first."""
    return await people_in(context, followers_tally, row.user_id, paging)


@router.get("/following", **responses.documents_page(responses.User, 404))
async def following(context: ReadContext, row: Person, paging: Paging) -> Response:
    """Whom a person follows, the latest first."""
    return await people_in(context, following_tally, row.user_id, paging)


@router.get("/rolls", **responses.documents_page(responses.Roll, 404))
async def rolls(context: ReadContext, row: Person, paging: Paging) -> Response:
    """The rolls that a person is a member of, as far as the viewer may see them; the latest joined first."""

    async def hydrate(rows: Sequence[Member]) -> list[Body | None]:
        return await hydration.rolls(context, [member.member for member in rows])

    return await members_of(context, rolls_of_user, row.user_id, paging, hydrate)


async def people_in(context: Context, tally: Tally, entity: UUID, paging: PageRequest) -> Response:
    """A page of the people in a set, the latest first."""

    async def hydrate(rows: Sequence[Member]) -> list[Body | None]:
        return await hydration.users(context, [member.member for member in rows])

    return await members_of(context, tally, entity, paging, hydrate)


async def members_of(
    context: Context, tally: Tally, entity: UUID, paging: PageRequest, hydrate: Hydrate[Member]
) -> Response:
    """A page of a set's members, the latest first. Raises ValueError if the tally isn't listed by time."""
    if tally.listed is None:
        raise ValueError(f"{tally.name} isn't listed by time")
    table = tally.listed

    async def candidates(after: tuple[Any, ...], size: int) -> AsyncIterator[Member]:
        while True:
            newest = await newest_members(context.store, tally, entity, after, size)
            for member in newest.members.values():
                yield member
            if len(newest.rows) < size:
                return
            after = clustering_key(table, newest.rows[-1])

    return await context.page(paging, Cursor(table), candidates, hydrate)


async def photos_taken_by(
    context: Context, user_id: UUID, now: datetime | None, after: tuple[Any, ...], size: int
) -> AsyncIterator[UserPhoto]:
    """A person's photos that haven't ended."""

    async def read(after: tuple[Any, ...], size: int) -> list[UserPhoto]:
        return await user_photo_candidates(context.store, user_id, now, after, size)

    async for row in one_by_one(read, PHOTOS_OF_USER, after, size):
        if not row.ended:
            yield row
