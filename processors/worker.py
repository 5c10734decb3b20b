"""One worker process: several apps side by side, their health and their metrics over HTTP."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn

import faust
import uvloop
from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from events.logs import log_to_stderr
from events.settings import Settings
from processors.transport.app import BatchApp

Answer = Callable[[web.Request], Awaitable[web.Response]]
# A batch is some 100,000 small objects that live until it is written, and none of them in a cycle: with Python's own
# thresholds the collector looked through them again and again, for half of a worker's time.
COLLECT_AFTER = (100_000, 20, 100)


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
        self._runner = await listen(self._settings, healthz=self._healthz, readyz=self._readyz)

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


async def metrics(_: web.Request) -> web.Response:
    """Answers with the process's metrics, for Prometheus."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def listen(settings: Settings, *, healthz: Answer, readyz: Answer) -> web.AppRunner:
    """Listens where a worker answers how it is, until the runner is cleaned up. Raises OSError if the port is taken."""
    server = web.Application()
    server.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.worker_metrics_port).start()
    return runner


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
    log_to_stderr()
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
