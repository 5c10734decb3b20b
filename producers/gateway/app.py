"""The gateway: what the mobile app writes. It decides, appends facts to the log, and answers where they are."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from events.registry import UnknownSchema
from events.settings import Settings, settings
from producers.gateway.body_limit import BodyLimit
from producers.gateway.resources import Gate, open_gate
from producers.gateway.routes import add_routes
from producers.limits import BODY_BYTES
from producers.publisher import NotPublished
from producers.uploads import StorageUnavailable
from web.service import service

DESCRIPTION = """What the app writes. Every write is decided here, appended to the log as facts, and answered with 202
and `Darkroom-Position`: where the facts are. Give that to a read, or to the next write, as `Darkroom-After`."""

Open = Callable[[Settings], AbstractAsyncContextManager[Gate]]


def application(given: Settings | None = None, opening: Open = open_gate) -> FastAPI:
    """The gateway's application, with these settings or the environment's."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        known = given or settings()
        async with opening(known) as gate:
            app.state.settings, app.state.gate, app.state.waiting = known, gate, gate.waiting
            yield

    async def ready(app: FastAPI) -> None:
        await app.state.gate.ready()

    unavailable = (NotPublished, StorageUnavailable, UnknownSchema)
    made = service("Darkroom gateway", DESCRIPTION, lifespan, ready, unavailable=unavailable)
    made.user_middleware.append(Middleware(BodyLimit, most=BODY_BYTES))  # innermost, so that a refusal is a problem
    add_routes(made)
    return made


app = application()
