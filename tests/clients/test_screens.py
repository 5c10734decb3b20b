"""A program for the generated TypeScript client draws the app's screens, one request each, from a service that runs.

The service is the read API in uvicorn, over rows in memory: tests/api/test_cassandra.py holds that it answers the same
over Cassandra, and starting servers would cost more than all other tests of clients together.
"""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from tests import given
from tests.api.world import SETTINGS, ApiWorld
from tests.clients.typescript import compiled, node
from tests.given import MORNING, named
from web.tokens import issue_token

pytestmark = pytest.mark.anyio

DRAWN = """\
ROLL Lake (public), by Ada
  1 developing, the next ready at 2026-06-21T07:00:00.000Z
  @bob (member)
  @ada (owner)
  [1080x810] by Ada: 2 likes, one of them yours, 2 comments

PHOTO taken at 2026-06-19T19:00:00.000Z, in Lake
  [1080x810] by Ada: 2 likes, one of them yours, 2 comments
  Ada: Thanks!
  Bob: The light!

PROFILE Ada @ada: 1 followers
  you follow them: true, they follow you: false
  [1080x810] by Ada: 2 likes, one of them yours, 2 comments
  Lake: 2 photos, 1 thumbs, with a cover

DARKROOM of Bob, in Europe/Oslo
  1 developing, the next ready at 2026-06-21T07:00:00.000Z
  rejected: not an image

ROLLS
  Lake: 2 photos, 1 thumbs, with a cover, by Ada
"""


async def lake() -> ApiWorld:
    """Ada's roll, in which one photo has developed and one of Bob's develops; another of Bob's was rejected."""
    world = ApiWorld()
    dusk = world.developed("dusk", "ada", "lake", on_profile=True)
    of_blank = {"photo_id": named("blank"), "owner_id": named("bob")}
    await world.given(
        *(world.person(name) for name in ("ada", "bob", "cat")),
        *world.roll("lake", "ada"),
        world.joined("lake", "bob"),
        *dusk,
        *world.taken("late", "bob", "lake", develops_at=MORNING + timedelta(days=1)),
        *world.taken("blank", "bob"),
        given.photo_rejected(**world.begin(), **of_blank, reason="not an image"),
        world.followed("bob", "ada"),
        world.liked("dusk", "bob"),
        world.liked("dusk", "cat"),
        world.commented("dusk", "bob", "The light!"),
        world.commented("dusk", "ada", "Thanks!"),
    )
    return world


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[str]:
    """An application that is open already, in a server of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, log_level="warning"))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def test_the_generated_client_draws_every_screen_with_one_request_each(tmp_path: Path) -> None:
    program = await asyncio.to_thread(compiled, tmp_path)
    world = await lake()
    token = issue_token(SETTINGS, named("bob"), timedelta(minutes=5))
    things = (str(named("lake")), str(named("dusk")), "@ada")
    async with world.api() as api, served(api.app) as address:
        drawn = await asyncio.to_thread(node, program, address, token, *things, cwd=tmp_path)
        metrics = (await api.client.get("/metrics")).text
    assert drawn == DRAWN
    assert re.findall(r'darkroom_http_requests_total\{.*route="/v1(.*)",status="(\d+)"\} (.*)', metrics) == [
        ("/users/{user}/rolls", "200", "1.0"),
        ("/rolls/{roll}", "200", "1.0"),
        ("/photos/{photo}", "200", "1.0"),
        ("/users/{user}", "200", "1.0"),
        ("/me", "200", "1.0"),
    ]
