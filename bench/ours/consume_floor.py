"""Runs an app of ours whose handler passes by copies and does nothing else.

python -m bench.ours.consume_floor TOPIC COUNT SKIPPED RUN
"""

import os
import sys
import time
from collections.abc import Mapping

from bench.harness.process import reply
from events.settings import Settings
from processors.handlers.batch import Batch, Partition
from processors.handlers.copies import Copies
from processors.handlers.handler import COPY_WINDOW_MS
from processors.transport.app import batch_app
from processors.transport.lease import Lease
from processors.worker import run_worker


class RateCounter:
    """Counts records, and replies how many a second there were after the skipped ones."""

    def __init__(self, count: int, skipped: int):
        self._count, self._skipped = count, skipped
        self._seen, self._since, self._began = 0, 0, 0.0

    def count(self, records: int) -> None:
        """Counts records; ends the process after the last."""
        self._seen += records
        if not self._began and self._seen >= self._skipped:
            self._since, self._began = self._seen, time.perf_counter()
        if self._seen >= self._count:
            reply({"rate": (self._seen - self._since) / (time.perf_counter() - self._began)})
            os._exit(0)


def main(topic: str, counter: RateCounter, run: str) -> None:
    """Consumes the topic."""
    settings = Settings()

    copies: dict[Partition, Copies] = {}

    async def handle(batch: Batch, lease: Lease) -> None:
        known = copies.setdefault(batch.topic_partition, Copies(COPY_WINDOW_MS))
        assert known.show(batch.records) is None
        counter.count(len(known.without(batch.records)))

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        return {}

    run_worker([batch_app(f"bench-idle-{run}", [topic], handle, start, settings)], settings)


if __name__ == "__main__":
    main(sys.argv[1], RateCounter(int(sys.argv[2]), int(sys.argv[3])), sys.argv[4])
