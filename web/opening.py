"""Opens what a service needs behind its back: it listens at once, and answers 503 until it is open."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from web.problems import problem_response, unavailable

# How long a start waits for the opening, so that a service whose servers are there answers its first request. It is
# short, because uvicorn heeds no signal until the start is over.
START_SECONDS = 2.0
OPERATIONS = ("/healthz", "/readyz", "/metrics")  # answered from the start
Open = Callable[[FastAPI], AbstractAsyncContextManager[Any]]
logger = logging.getLogger("darkroom.opening")


class Opening:
    """What a service needs, held open by a task of its own for as long as the service runs.

    `failure` is why it can't be opened, which ends the process. A server that is only away is waited for by `open`."""

    def __init__(self, open: Open) -> None:
        """`open`: sets the application's state for the block."""
        self._open = open
        self.is_open = False
        self.failure: Exception | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncGenerator[None]:
        """The application's lifespan. Raises what the opening raises within `START_SECONDS`."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        closing = asyncio.Event()
        task = asyncio.create_task(self._hold(app, opened, closing), name="opening")
        await asyncio.wait([opened], timeout=START_SECONDS)
        if self.failure:
            raise self.failure
        opened.cancel()
        try:
            yield
        finally:
            closing.set()
            if not self.is_open:
                task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _hold(self, app: FastAPI, opened: asyncio.Future[None], closing: asyncio.Event) -> None:
        try:
            async with self._open(app):
                self.is_open = True
                if not opened.done():
                    opened.set_result(None)
                await closing.wait()
        except Exception as error:
            if self.is_open:  # it is being closed
                raise
            self.failure = error
            if not opened.done():
                opened.set_result(None)
                return
            logger.critical("The service can't start: %s", error)
            signal.raise_signal(signal.SIGTERM)  # the server's own way to end
        finally:
            self.is_open = False


class UntilOpen:
    """Answers 503 until the service is open, but for the operators' own paths. Plain ASGI."""

    def __init__(self, app: ASGIApp, opening: Opening) -> None:
        self._app, self._opening = app, opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or self._opening.is_open or scope["path"] in OPERATIONS:
            await self._app(scope, receive, send)
        else:
            request_id = scope["state"]["request_id"]
            logger.warning("request %s: 503: the service isn't open yet", request_id)
            await problem_response(unavailable(), request_id)(scope, receive, send)
