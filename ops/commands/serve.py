"""Serves a web service in this process."""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NoReturn, TypeVar

import uvicorn
import uvloop
from fastapi import FastAPI

from events.settings import Settings

Opened = TypeVar("Opened")
Open = Callable[[], AbstractAsyncContextManager[Opened]]

CLOSING_SECONDS = 15  # what requests that are being answered get, once it is told to stop


def serve(settings: Settings, port: int, opening: Open[Opened], build: Callable[[Open[Opened]], FastAPI]) -> NoReturn:
    """Opens what a service needs, serves until SIGTERM or Ctrl-C, and closes it. Then exits: 0 if it ever served.

    Raises what the opening raises, instead of leaving it as a traceback in the server's log."""
    for number in (signal.SIGTERM, signal.SIGINT):  # while it is being opened and closed; in between, uvicorn's
        signal.signal(number, lambda *_: sys.exit(0))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(0 if runner.run(_serve(settings, port, opening, build)) else 1)


async def _serve(
    settings: Settings, port: int, opening: Open[Opened], build: Callable[[Open[Opened]], FastAPI]
) -> bool:
    async with opening() as opened:
        config = uvicorn.Config(
            build(lambda: nullcontext(opened)),
            host=settings.host,
            port=port,
            lifespan="on",
            log_level="warning",
            access_log=False,  # /metrics counts them; a failed one is logged with its id
            server_header=False,
            timeout_graceful_shutdown=CLOSING_SECONDS,
        )
        server = uvicorn.Server(config)
        await server.serve()
        return server.started
