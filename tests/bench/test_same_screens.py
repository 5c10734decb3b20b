"""The peer shows what our API shows: the same events, stored and asked for by different code, give the same screens.

A comparison of speed says something only then. Both are asked over HTTP, ours over Cassandra, the peer over PostgreSQL.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.app import build, open_resources
from bench.harness.api_data import LATER, Dataset, Size, dataset
from bench.harness.folding import fill
from bench.harness.load import Ask
from bench.harness.screens import like, my_rolls, photo_with_comments, profile, roll_page
from bench.harness.serving import token
from bench.peers.postgres.app import build as build_peer
from bench.peers.postgres.fill import fill as fill_postgres
from bench.peers.postgres.server import postgres
from events.generated import PhotoTaken, RollCreated
from events.settings import Settings
from ops.secrets import with_values
from processors.catalog import every_table
from projections.keyspace import create_all
from projections.partitions import write_down
from projections.store.cassandra import connect, disconnect
from tests.partitions import PARTITIONING

pytestmark = pytest.mark.anyio
SCREENS = {
    "roll page": roll_page,
    "profile": profile,
    "photo with comments": photo_with_comments,
    "my rolls": my_rolls,
}
TIMES = ("taken_at", "develops_at", "created_at", "last_activity", "joined_at", "posted_at", "ready_at")


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Three people whose rolls hold more than a page of photos, and others, who see their public rolls only."""
    return dataset(
        Size(circles=1, people=3, rolls=6, photos_a_person=24, rolls_a_photo=3, likes=2, comments=2),
        Size(circles=1, people=2, rolls=5, photos_a_person=2, rolls_a_photo=1, likes=1, comments=1),
    )


@pytest.fixture(scope="module")
def settings(darkroom: Settings, data: Dataset) -> Settings:
    """A keyspace with what follows from the events."""
    own = with_values(darkroom, keyspace="same_screens")
    superuser = connect(own, "cassandra", own.cassandra_password)
    create_all(superuser, own, every_table())
    write_down(superuser, own.keyspace, PARTITIONING.numbers)
    disconnect(superuser)
    fill(own, data.events)
    return own


@pytest.fixture(scope="module")
def url(data: Dataset) -> Generator[str]:
    """A PostgreSQL with what follows from the events."""
    with postgres(shared_buffers="128MB") as found:
        asyncio.run(fill_postgres(found, data.events))
        yield found


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a running app."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@asynccontextmanager
async def both(settings: Settings, url: str) -> AsyncGenerator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of our API and of the peer."""
    async with (
        client_of(build(lambda: open_resources(settings))) as ours,
        client_of(build_peer(settings, url)) as theirs,
    ):
        yield ours, theirs


@pytest.mark.parametrize("screen", SCREENS)
async def test_both_sides_show_the_same(screen: str, settings: Settings, url: str, data: Dataset) -> None:
    stranger = data.circles[1].people[0]
    async with both(settings, url) as (ours, theirs):
        asks = [ask for circle in data.circles for ask in SCREENS[screen](settings, circle)]
        asks += [as_seen_by(stranger, ask, settings) for ask in SCREENS[screen](settings, data.circles[0])[:5]]
        shown = 0
        for ask in asks:
            mine, other = await answer(ours, ask), await answer(theirs, ask)
            assert mine == other, ask.path
            shown += mine is not None
        assert shown >= 5


async def test_neither_shows_a_private_roll_or_a_developing_photo(settings: Settings, url: str, data: Dataset) -> None:
    stranger = token(settings, data.circles[1].people[0])
    private = [e.roll_id for e in data.events if isinstance(e, RollCreated) and e.visibility == "private"]
    developing = [e.photo_id for e in data.events if isinstance(e, PhotoTaken) and e.develops_at == LATER]
    hidden = [Ask(f"/v1/photos/{photo}?include=comments", stranger) for photo in developing[:3]]
    hidden.append(Ask(f"/v1/rolls/{private[0]}?include=photos,members", stranger))
    async with both(settings, url) as sides:
        for client in sides:
            assert [await answer(client, ask) for ask in hidden] == [None] * 4


async def test_a_like_counts_once_for_the_peer_and_shows(settings: Settings, url: str, data: Dataset) -> None:
    circle = data.circles[1]
    (photo, person), *_ = circle.unliked()
    ask = next(each for each in like(settings, circle) if str(photo) in each.path)
    look = Ask(f"/v1/photos/{photo}?include=comments", token(settings, person))
    async with client_of(build_peer(settings, url)) as theirs:
        before: Any = await answer(theirs, look)
        for _ in range(2):
            response = await theirs.put(ask.path, headers=header(ask))
            assert response.status_code == ask.status
        after: Any = await answer(theirs, look)
        assert after["counts"]["likes"] == before["counts"]["likes"] + 1
        assert (before["viewer"]["liked"], after["viewer"]["liked"]) == (False, True)


def as_seen_by(viewer: UUID, ask: Ask, settings: Settings) -> Ask:
    """The same request by another person."""
    return Ask(ask.path, token(settings, viewer))


def header(ask: Ask) -> dict[str, str]:
    """The headers of a request."""
    return {"authorization": f"Bearer {ask.token}"}


async def answer(client: httpx.AsyncClient, ask: Ask) -> Any:
    """The answer to a request in a form that both sides share; None if there is no such thing for the viewer."""
    response = await client.get(ask.path, headers=header(ask))
    if response.status_code == 404:
        return None
    assert response.status_code == 200, response.text
    return shared_form(response.json())


def shared_form(value: Any, name: str = "") -> Any:
    """An answer with times as times, and of a cursor only whether there is one."""
    if isinstance(value, dict):
        return {key: shared_form(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [shared_form(each, name) for each in value]
    if name == "next":
        return value is not None
    return datetime.fromisoformat(value) if name in TIMES and value else value
