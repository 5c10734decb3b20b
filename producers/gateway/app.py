"""The gateway's application: it decides what the mobile app writes, appends it to the log, and answers where it is."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from events.registry import UnknownSchema
from events.settings import Settings, settings
from producers.decide.refusals import Refusal
from producers.gateway.body_limit import BodyLimit
from producers.gateway.problems import problem_of
from producers.gateway.resources import Resources, open_gateway
from producers.gateway.routes import add_routes
from producers.limits import BODY_BYTES
from producers.publisher import NotPublished
from producers.uploads import StorageUnavailable
from web.problems import problem_handler
from web.service import service

DESCRIPTION = """What the app writes. Every write is decided here, appended to the log as facts, and answered with 202
and `Darkroom-Position`: where the facts are. Give that to a read, or to the next write, as `Darkroom-After`."""

Open = Callable[[Settings], AbstractAsyncContextManager[Resources]]


def application(given: Settings | None = None, open_with: Open = open_gateway) -> FastAPI:
    """Returns the gateway's application, with these settings or the environment's."""

    @asynccontextmanager
    async def open(app: FastAPI) -> AsyncGenerator[None]:
        used = given or settings()
        async with open_with(used) as resources:
            app.state.settings, app.state.resources, app.state.projection_waiter = used, resources, resources.waiting
            yield

    def needs(app: FastAPI) -> Mapping[str, Awaitable[Any]]:
        return app.state.resources.needs()

    unavailable = (NotPublished, StorageUnavailable, UnknownSchema)
    gateway = service("Darkroom gateway", DESCRIPTION, open, needs, unavailable=unavailable)
    gateway.add_exception_handler(Refusal, problem_handler(problem_of))
    gateway.user_middleware.append(Middleware(BodyLimit, most=BODY_BYTES))  # innermost: its refusal becomes a problem
    add_routes(gateway)
    return gateway


app = application()
