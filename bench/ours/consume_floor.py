"""An app of ours whose handler does nothing: `python -m bench.ours.consume_floor TOPIC COUNT SKIPPED RUN`."""

import os
import sys
import time
from collections.abc import Mapping

from bench.harness.side import answer
from events.settings import Settings
from processors.handlers.batch import Batch, Partition
from processors.transport.app import batch_app
from processors.transport.lease import Lease
from processors.worker import run_worker


class Clock:
    """Counts records, and says how many a second there were after the skipped ones."""

    def __init__(self, count: int, skipped: int):
        self._count, self._skipped = count, skipped
        self._seen, self._since, self._began = 0, 0, 0.0

    def saw(self, records: int) -> None:
        """Counts; ends the process after the last."""
        self._seen += records
        if not self._began and self._seen >= self._skipped:
            self._since, self._began = self._seen, time.perf_counter()
        if self._seen >= self._count:
            answer({"rate": (self._seen - self._since) / (time.perf_counter() - self._began)})
            os._exit(0)


def main(topic: str, clock: Clock, run: str) -> None:
    """Consumes."""
    settings = Settings()

    async def handle(batch: Batch, lease: Lease) -> None:
        clock.saw(len(batch.records))

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        return {}

    run_worker([batch_app(f"bench-idle-{run}", [topic], handle, start, settings)], settings)


if __name__ == "__main__":
    main(sys.argv[1], Clock(int(sys.argv[2]), int(sys.argv[3])), sys.argv[4])
