"""A deadline for a whole request: one that asks a slow database many times answers 503 in time, not everything late.

Waiting counts too, such as for its turn among others when the database doesn't answer."""

import asyncio
import logging

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import problem_response, request_id_of, unavailable

# As long as one request to Cassandra may take. Somebody holds a phone; and what is answered later is asked for again.
DEADLINE_SECONDS = 10.0
logger = logging.getLogger("darkroom.http")


class Deadline:
    """Answers 503 for a request that isn't answered in time, and ends the work on it."""

    def __init__(self, app: ASGIApp, seconds: float):
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = False

        async def send_observed(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                await self._app(scope, receive, send_observed)
        except TimeoutError:
            if answering or not limit.expired():
                raise
            request_id = request_id_of(Request(scope))
            logger.warning("request %s: no answer within %.0f s: 503", request_id, self._seconds)
            await problem_response(unavailable(), request_id)(scope, receive, send)
