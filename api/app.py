"""The read API: `uvicorn api.app:app`. It reads the projections, as a database role that can't write."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from api import me, photos, rolls, users
from api.context import Resources
from api.image_urls import Images
from events.settings import Settings, settings
from projections.keyspace import API
from projections.progress import PROGRESS
from projections.store.cassandra import connected
from web.read_your_writes import Waiting
from web.service import service

DESCRIPTION = """Everything that the app shows. Writes go to the gateway; a read that is given the gateway's
`Darkroom-Position` in `Darkroom-After` waits for it.

Lists: `limit` and `cursor`; `next` in the body, and a Link header. What a viewer may not know of is 404. Counts are of
the whole set, whoever asks. Image URLs expire, and stay the same for a while."""

Open = Callable[[], AbstractAsyncContextManager[Resources]]


@asynccontextmanager
async def cassandra(given: Settings | None = None) -> AsyncGenerator[Resources, None]:
    """The resources that some settings (this process's) name. StoreUnavailable if Cassandra doesn't let us in."""
    chosen = given or settings()
    async with connected(chosen, API, chosen.api_password) as store:
        yield Resources(chosen, store, Images(chosen))


def build(open_resources: Open = cassandra) -> FastAPI:
    """The application over the resources that it opens when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with open_resources() as resources:
            app.state.settings, app.state.resources = resources.settings, resources
            app.state.waiting = Waiting(resources.store, resources.generations)
            try:
                yield
            finally:
                await app.state.waiting.close()

    built = service("Darkroom", DESCRIPTION, lifespan, ready)
    for each in (me, users, rolls, photos):
        built.include_router(each.router)
    return built


async def ready(app: FastAPI) -> None:
    """Returns if the database answers a small question. StoreUnavailable."""
    await app.state.resources.store.slice(PROGRESS, "photos", 0, limit=1)


app = build()
