"""Runs a stock Faust app whose agent does nothing.

python -m bench.reference.consume_floor TOPIC COUNT SKIPPED RUN
"""

import os
import sys
import time
from typing import Any

COUNT, SKIPPED = int(sys.argv[2]), int(sys.argv[3])
TOPIC, RUN = sys.argv[1], sys.argv[4]
sys.argv = sys.argv[:1]  # Faust reads the command line when it is imported

import asyncio  # noqa: E402

import faust  # noqa: E402
import uvloop  # noqa: E402

from bench.harness.process import reply  # noqa: E402
from events.settings import Settings  # noqa: E402

settings = Settings()
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # pyright: ignore[reportDeprecated]
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
app = faust.App(
    f"bench-stock-{RUN}",
    broker=f"kafka://{settings.bootstrap}",
    datadir=str(settings.home / f"faust-{RUN}"),
    web_enabled=False,
    topic_disable_leader=True,
    autodiscover=False,
)


@app.agent(app.topic(TOPIC, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"))
async def idle(stream: Any) -> None:
    """Counts the records."""
    seen, began = 0, 0.0
    async for _ in stream:
        seen += 1
        if seen == SKIPPED:
            began = time.perf_counter()
        elif seen == COUNT:
            reply({"rate": (COUNT - SKIPPED) / (time.perf_counter() - began)})
            os._exit(0)


worker = faust.Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
worker.spinner = None
worker.execute_from_commandline()
