"""One worker process: several apps side by side, their health and their metrics over HTTP."""

import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import faust
import uvloop
from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from events.error_text import TextFreeFormatter
from events.settings import Settings
from processors.transport.app import BatchApp

QUIET = ("faust", "mode", "aiokafka", "asyncio")
SAME_MESSAGE_SECONDS = 10.0
# A batch is some 100,000 small objects that live until it is written, and none of them in a cycle: with Python's own
# thresholds the collector looked through them again and again, for half of a worker's time.
COLLECT_AFTER = (100_000, 20, 100)


class RateLimit(logging.Filter):
    """Lets a library's message through once in 10 s: aiokafka writes 60 lines a second while there is no broker."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if not record.name.startswith(QUIET):
            return True
        key = (record.name, str(record.msg))
        if record.created - self._last.get(key, 0.0) < SAME_MESSAGE_SECONDS:
            return False
        self._last[key] = record.created
        return True


class Health(Service):
    """`/healthz`, `/readyz` and `/metrics` on `settings.host`:`settings.worker_metrics_port`.

    Ready is: every app has had its partitions assigned and consumes them, and none is stopped by its circuit breaker. A
    rebalance makes it unready for a moment.
    """

    mundane_level = "debug"

    def __init__(self, apps: Sequence[BatchApp], settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._apps = apps
        self._settings = settings
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        """Listens. Raises OSError if the port is taken."""
        server = web.Application()
        server.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._settings.host, self._settings.worker_metrics_port).start()

    async def on_stop(self) -> None:
        """Closes the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        crashed = [app.conf.id for app in self._apps if app.crashed]
        return web.json_response({"crashed": crashed}, status=503 if crashed else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        waiting = [app.conf.id for app in self._apps if not app.consuming]
        stopped = {app.conf.id: reason for app in self._apps if (reason := app.stopped())}
        return web.json_response({"waiting": waiting, "stopped": stopped}, status=503 if waiting or stopped else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


class Worker(faust.Worker):
    """Faust's, but its apps stop all at once, and it doesn't sleep when there is nothing left to wait for."""

    async def _stop_children(self) -> None:
        # One after another (Faust's way) each takes its time, while the later ones go on consuming.
        stopped = await asyncio.gather(*(child.stop() for child in self._children), return_exceptions=True)
        for child, error in zip(self._children, stopped, strict=True):
            if isinstance(error, Exception):
                self.log.error("Stopping %r failed: %r", child, error)

    async def _sentinel_task(self) -> None:
        await asyncio.sleep(0)  # Faust's: a whole second


def run_worker(apps: Sequence[BatchApp], settings: Settings) -> NoReturn:
    """Runs `apps` until SIGTERM or SIGINT (exit status 0) or until one of them fails for good (status 1).

    Must be called before anything has made an event loop run: apps and their threads then all get uvloop's.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(TextFreeFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        handler.addFilter(RateLimit())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # pyright: ignore[reportDeprecated]  # Faust's threads
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    first, *others = apps
    worker = Worker(
        first,
        Health(apps, settings),
        *others,
        loop=loop,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
    )
    worker.spinner = None
    worker.execute_from_commandline()
