"""The read API: `uvicorn api.app:app`. It reads the projections, as a database role that can't write."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api import me, photos, rolls, users
from api.cache.opening import opened_cache
from api.context import Resources
from api.image_urls import ImageUrls
from events.settings import Settings, settings
from projections.progress import PROGRESS
from projections.store.connecting import connected_patiently
from projections.store.roles import API
from web.read_your_writes import ProjectionWaiter
from web.service import service

DESCRIPTION = """Everything that the app shows. Writes go to the gateway; a read that is given the gateway's
`Darkroom-Position` in `Darkroom-After` waits for it.

Lists: `limit` and `cursor`; `next` in the body, and a Link header. What a viewer may not know of is 404. Counts are of
the whole set, whoever asks. Image URLs expire, and stay the same for a while."""

Open = Callable[[], AbstractAsyncContextManager[Resources]]


@asynccontextmanager
async def open_resources(given: Settings | None = None) -> AsyncGenerator[Resources, None]:
    """Opens what the API reads from, for the block. Waits for Cassandra; raises LoginRefused if it won't let us in."""
    chosen = given or settings()
    async with (
        connected_patiently(chosen, API, chosen.api_password) as store,
        opened_cache(chosen, store) as cache,
    ):
        yield Resources(chosen, store, ImageUrls(chosen), cache=cache)


def build(opening: Open = open_resources) -> FastAPI:
    """The application over the resources that it opens behind its start."""

    @asynccontextmanager
    async def open(app: FastAPI) -> AsyncGenerator[None, None]:
        async with opening() as resources:
            app.state.settings, app.state.resources = resources.settings, resources
            app.state.projection_waiter = ProjectionWaiter(resources.store)
            if resources.cache is not None:
                resources.cache.answers.metrics.register(app.state.metrics.registry)
            try:
                yield
            finally:
                await app.state.projection_waiter.close()

    built = service("Darkroom", DESCRIPTION, open, needs)
    for routes in (me, users, rolls, photos):
        built.include_router(routes.router)
    return built


def needs(app: FastAPI) -> Mapping[str, Awaitable[Any]]:
    """What the API can't answer without: a database that answers a small query."""
    return {"database": app.state.resources.store.slice(PROGRESS, "photos", 0, limit=1)}


app = build()
