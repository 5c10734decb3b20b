"""Our side of `develop`: the processor as a worker runs it; its clock stands in the past until the parent says more.

python -m bench.ours.develop RUN
"""

import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from faust.types import TP

from bench.harness.side import questions
from events.settings import Settings
from processors import develop
from processors.apps import Workshop
from processors.develop import Developer
from processors.handlers.reactor import Processor
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
    workshop = Workshop(settings)
    developer = Developer(workshop.store, workshop.publisher, clock.now)
    processor = Processor(
        "develop", develop.WANTED, developer.act, workshop.store, workshop.codec, workshop.send_letter
    )

    async def start(tps: frozenset[TP]) -> Mapping[TP, int]:
        return {tp: await processor.start(tp.topic, tp.partition) for tp in tps}

    def forget(tps: frozenset[TP]) -> None:
        for tp in tps:
            developer.forget(tp.partition)

    app = batch_app(
        f"bench-develop-{run}", ["photos"], processor.handle, start, settings, tick=developer.tick, on_assigned=forget
    )
    run_worker([app], settings)


if __name__ == "__main__":
    main(sys.argv[1])
