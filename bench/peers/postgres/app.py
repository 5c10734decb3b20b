"""Serves Darkroom's screens from PostgreSQL, as an engineer would who picked FastAPI, asyncpg and PostgreSQL.

Where there was a choice, it was made for the peer: queries prepared once, sizes in columns, a like in one statement,
orjson, image signatures kept, and no request ids, metrics, deadlines, ETags or problem documents. It has the embargo,
private rolls and deactivated people, because they cost its queries little. What it lacks:

- positions: a read answers what the one server has committed, which is all that there is to wait for
- a log: nothing can be read again from it, replayed, or built anew
- tokens of erasure, dead letters, roles of the database with fewer rights, a second server
"""

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.image_urls import ImageUrls
from bench.peers.postgres import queries
from bench.peers.postgres.bodies import Bodies
from events.settings import Settings
from web.tokens import InvalidToken, read_token

CONNECTIONS = 10
# All queries look one thing up by its id: planning them anew each time would never find anything better.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}


router = APIRouter()


def build(settings: Settings | None = None, url: str | None = None) -> FastAPI:
    """Makes the application over the PostgreSQL at a URL; both are the environment's unless they are given."""

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncGenerator[None]:
        app.state.settings = settings or Settings()
        app.state.images = ImageUrls(app.state.settings)
        async with asyncpg.create_pool(
            url or os.environ["PEER_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=PLANNED_ONCE
        ) as app.state.pool:
            yield

    built = FastAPI(lifespan=opened, openapi_url=None)
    built.include_router(router)
    return built


async def viewer(request: Request) -> UUID:
    """The person whose token comes with a request. Raises HTTPException 401 without a valid one."""
    try:
        return read_token(request.app.state.settings, request.headers["authorization"].removeprefix("Bearer "))
    except (KeyError, InvalidToken):
        raise HTTPException(401) from None


Viewer = Annotated[UUID, Depends(viewer)]


def response(body: Any, status: int = 200) -> Response:
    """Makes a response of JSON."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type="application/json")


@router.get("/readyz")
async def readyz() -> Response:
    """Says that the pool is open."""
    return response({})


@router.get("/v1/rolls/{roll}")
async def roll_page(request: Request, roll: UUID, viewer: Viewer) -> Response:
    """A roll with its newest photos and members."""
    bodies = Bodies(request.app.state.images)
    async with request.app.state.pool.acquire() as database:
        found = await database.fetchrow(queries.ONE_ROLL, roll, viewer)
        if found is None:
            raise HTTPException(404)
        photos = await database.fetch(queries.PHOTOS_OF_ROLL, roll, viewer)
        members = await database.fetch(queries.MEMBERS, roll, viewer)
    body = bodies.roll(found)
    body["developing"] = {"count": found["developing"], "ready_at": found["ready_at"]}
    body["photos"] = page(photos, bodies.photo)
    body["members"] = page(members, bodies.member)
    return screen(body, bodies)


@router.get("/v1/users/{user}")
async def profile(request: Request, user: UUID, viewer: Viewer) -> Response:
    """A person with their newest photos and rolls."""
    bodies = Bodies(request.app.state.images)
    async with request.app.state.pool.acquire() as database:
        found = await database.fetchrow(queries.ONE_USER, user, viewer)
        if found is None:
            raise HTTPException(404)
        photos = await database.fetch(queries.PHOTOS_OF_USER, user, viewer)
        rolls = await database.fetch(queries.ROLLS_OF_USER, user, viewer)
    body = bodies.user(found) | {"bio": found["bio"]}
    body["photos"] = page(photos, bodies.photo)
    body["rolls"] = page(rolls, bodies.roll)
    return screen(body, bodies)


@router.get("/v1/photos/{photo}")
async def photo_with_comments(request: Request, photo: UUID, viewer: Viewer) -> Response:
    """A photo with its newest comments."""
    bodies = Bodies(request.app.state.images)
    async with request.app.state.pool.acquire() as database:
        found = await database.fetchrow(queries.ONE_PHOTO, photo, viewer)
        if found is None:
            raise HTTPException(404)
        comments = await database.fetch(queries.COMMENTS, photo, viewer)
    body = bodies.photo(found)
    body["comments"] = page(comments, bodies.comment)
    return screen(body, bodies)


@router.get("/v1/users/{user}/rolls")
async def rolls_of(request: Request, user: UUID, viewer: Viewer) -> Response:
    """The rolls that a person is a member of, with three photos of each."""
    bodies = Bodies(request.app.state.images)
    rolls = await request.app.state.pool.fetch(queries.ROLLS_OF_USER, user, viewer)
    body = page(rolls, bodies.roll)
    return response(body | {"people": bodies.people})


@router.put("/v1/photos/{photo}/like")
async def like(request: Request, photo: UUID, viewer: Viewer) -> Response:
    """Likes a photo."""
    if not await request.app.state.pool.fetchval(queries.LIKE, photo, viewer):
        raise HTTPException(404)
    return response({"id": str(photo)}, 202)


def page(rows: Sequence[Any], show: Callable[[Any], Any]) -> dict[str, Any]:
    """Makes a page. It says whether the list goes on; a cursor to go on with is left out, as nobody asks with one."""
    shown = rows[: queries.ONE_MORE - 1]
    return {"items": [show(row) for row in shown], "next": "more" if len(rows) > len(shown) else None}


def screen(body: dict[str, Any], bodies: Bodies) -> Response:
    """Makes the response of a screen, with the people and rolls that it names."""
    return response(body | {"people": bodies.people, "named_rolls": bodies.rolls})


app = build()
