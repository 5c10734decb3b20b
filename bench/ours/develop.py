"""Our side of `develop`: the reactor as a worker runs it; its clock stands in the past until the parent says more.

python -m bench.ours.develop RUN
"""

import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench.harness.side import questions
from events.settings import Settings
from processors.apps import AppFactory
from processors.develop import Develop
from processors.handlers.batch import Partition
from processors.handlers.reactor import ReactorHandler
from processors.transport.app import batch_app
from processors.worker import run_worker

BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


class Clock:
    """It isn't time until it is."""

    def __init__(self) -> None:
        self._due = False

    def told(self, _: Any) -> None:
        """It is time."""
        self._due = True

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC) if self._due else BEFORE


def main(run: str) -> None:
    """Runs until it is killed."""
    settings, clock = Settings(), Clock()
    threading.Thread(target=questions, args=(clock.told,), daemon=True).start()
    factory = AppFactory(settings)
    develop = Develop(replace(factory.tools, now=clock.now))
    handler = ReactorHandler(develop, factory.store, factory.codec, factory.dead_letters("develop"))

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        return {each: await handler.start(*each) for each in partitions}

    app = batch_app(
        f"bench-develop-{run}",
        develop.topics,
        handler.handle,
        start,
        settings,
        tick=develop.tick,
        on_assigned=handler.assigned,
    )
    run_worker([app], settings)


if __name__ == "__main__":
    main(sys.argv[1])
