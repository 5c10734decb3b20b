"""Runs our side of `develop`: the reactor as a worker runs it. Its clock stands in the past until a request comes.

python -m bench.ours.develop RUN [expand]

With `expand`, the reactor of that name runs in the same process.
"""

import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench.harness.process import serve_requests
from events.settings import Settings
from processors.apps import AppFactory, starts
from processors.develop import Develop
from processors.expand import Expand
from processors.handlers.batch import Partition
from processors.handlers.reactor import Reactor, ReactorHandler
from processors.log.records import LogRecords
from processors.transport.app import BatchApp, batch_app
from processors.waiting import wait_for_servers
from processors.worker import run_worker

BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


class StoppedClock:
    """A clock that stands in the past until it is released."""

    def __init__(self) -> None:
        self._due = False

    def release(self, _: Any) -> None:
        """Has the clock show the real time from now on."""
        self._due = True

    def now(self) -> datetime:
        """Returns the time, in UTC."""
        return datetime.now(UTC) if self._due else BEFORE


def main(run: str, *others: str) -> None:
    """Runs until it is killed."""
    settings, clock = Settings(), StoppedClock()
    threading.Thread(target=serve_requests, args=(clock.release,), daemon=True).start()
    factory = AppFactory(settings, wait_for_servers(settings, ["develop", *others]))
    reactors = [Develop(replace(factory.tools, now=clock.now)), *(Expand(factory.tools) for _ in others)]
    run_worker([app_of(factory, reactor, f"bench-{reactor.name}-{run}") for reactor in reactors], settings)


def app_of(factory: AppFactory, reactor: Reactor, group: str) -> BatchApp:
    """Makes a reactor's app, in a group of its own."""
    dead_letters = factory.dead_letters(reactor.name)
    log = LogRecords(factory.settings)
    handler = ReactorHandler(reactor, factory.store, factory.codec, dead_letters, factory.projected, log)

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        return await starts(handler, partitions)

    return batch_app(
        group,
        reactor.topics,
        handler.handle,
        start,
        factory.settings,
        tick=reactor.tick,
        on_assigned=handler.assigned,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
