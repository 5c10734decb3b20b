"""Serves a web service in this process."""

import asyncio
import logging
import signal
import sys
from typing import Any, NoReturn

import uvicorn
import uvloop
from fastapi import FastAPI

from events.logs import log_to_stderr
from events.settings import Settings

CLOSING_SECONDS = 15  # what requests that are being answered get, once it is told to stop


def serve(settings: Settings, port: int, app: FastAPI) -> NoReturn:
    """Serves an application until SIGTERM or Ctrl-C. Then exits: 0 if it ever served.

    Raises what kept the application from being opened, instead of leaving it as a traceback in the server's log."""
    log_to_stderr()

    def stop(*_: Any) -> NoReturn:  # uvicorn's own way to end hands the signal on
        if app.state.opening.failure:
            raise app.state.opening.failure
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    # What keeps it from being opened is raised below, and said in one line.
    logging.getLogger("uvicorn.error").addFilter(lambda _: app.state.opening.failure is None)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=port,
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,  # /metrics counts them; a failed one is logged with its id
            server_header=False,
            timeout_graceful_shutdown=CLOSING_SECONDS,
        )
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve())
    except SystemExit:
        if app.state.opening.failure:
            raise app.state.opening.failure from None
        raise
    sys.exit(0 if server.started else 1)
