"""GET /v1/users/…: a person, by id or @handle, and their photos, followers, rolls and whom they follow."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api import screens
from api.answers import About, known, page, screen
from api.context import ReadContext
from api.hydrated import Hydrated
from api.hydration import Wanted
from api.includes import Included, including
from api.lists import FOLLOWERS, FOLLOWING, PROFILE_PHOTOS, ROLLS
from api.presentation import Body
from api.responses import documents
from projections.accounts.users_by_handle import handle_hmac, user_with_handle
from web.pagination import Paging
from web.problems import not_found

LONGEST_HANDLE = 64
DASHED = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WHAT = "person"

router = APIRouter(prefix="/v1/users/{user}", tags=["users"])


async def person(
    context: ReadContext, user: Annotated[str, Path(description="An id, or @handle.", examples=["@ada"])]
) -> UUID:
    """The id of the person that a path names, whether or not the viewer may see them. A handle costs two requests.

    Raises Problem 404 if nobody has the handle, or it is no id."""
    if user.startswith("@") and len(user) <= LONGEST_HANDLE:
        holder = await user_with_handle(context.store, handle_hmac(context.settings, user[1:]))
        if holder is not None:
            return holder.user_id
    elif DASHED.fullmatch(user):
        return UUID(user)
    raise not_found(WHAT)


Person = Annotated[UUID, Depends(person)]
Include = Annotated[Included, Depends(including({"photos": PROFILE_PHOTOS, "rolls": ROLLS}))]


@router.get("", **documents(screens.ProfileScreen, 404))
async def profile(context: ReadContext, user_id: Person, include: Include) -> Response:
    """A person."""

    def show(hydrated: Hydrated) -> Body | None:
        body, row = hydrated.user(user_id), hydrated.visible.shown_user(user_id)
        return body | {"bio": row.bio or ""} if body and row else None

    return await screen(context, user_id, lambda _: known(Wanted(users=[user_id])), include, show, WHAT)


@router.get("/photos", **documents(screens.PageOfPhotos, 404))
async def photos(context: ReadContext, user_id: Person, paging: Paging) -> Response:
    """What a person shows on their profile: developed photos, taken on_profile, the latest first."""
    return await page(context, PROFILE_PHOTOS, user_id, paging, About.person(user_id))


@router.get("/followers", **documents(screens.PageOfUsers, 404))
async def followers(context: ReadContext, user_id: Person, paging: Paging) -> Response:
    """Who follows a person, the latest first."""
    return await page(context, FOLLOWERS, user_id, paging, About.person(user_id))


@router.get("/following", **documents(screens.PageOfUsers, 404))
async def following(context: ReadContext, user_id: Person, paging: Paging) -> Response:
    """Whom a person follows, the latest first."""
    return await page(context, FOLLOWING, user_id, paging, About.person(user_id))


@router.get("/rolls", **documents(screens.PageOfRolls, 404))
async def rolls(context: ReadContext, user_id: Person, paging: Paging) -> Response:
    """The rolls that a person is a member of, as far as the viewer may see them; the latest joined first."""
    return await page(context, ROLLS, user_id, paging, About.person(user_id))
