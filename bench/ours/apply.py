"""Runs our side of `apply_*`: one topic's app as `darkroom worker` runs it, gated until a request comes.

    python -m bench.ours.apply TOPIC

The group is the keyspace's own, as a rebuild's is, so that several can read the topic side by side.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bench.harness.process import PATIENCE, reply, serve_requests
from events.settings import Settings
from processors.apps import AppFactory, starts
from processors.handlers.batch import Batch, Partition
from processors.handlers.projector import Projector
from processors.log.records import LogRecords
from processors.transport.app import batch_app
from processors.transport.lease import Lease
from processors.waiting import wait_for_servers
from processors.worker import run_worker
from projections.catalog import of_topic

Handle = Callable[[Batch, Lease], Awaitable[None]]


class GatedHandler:
    """Lets batches through to `handle` while there are records left to do, and replies how many seconds those took.

    Batches may be fetched ahead of the start, as the reference's are into librdkafka's queue."""

    def __init__(self, handle: Handle, requests: Callable[[], int]):
        """`requests`: how many the process has sent to the database."""
        self._handle, self._requests = handle, requests
        self._open = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runs = threading.Event()
        threading.Thread(target=serve_requests, args=(self._requested,), daemon=True).start()
        self._left, self._began, self._spent, self._wanted, self._sent = 0, 0.0, 0.0, 0, 0
        self._begins: dict[Partition, int] = {}

    async def __call__(self, batch: Batch, lease: Lease) -> None:
        await self._open.wait()
        await self._handle(batch, lease)
        begin = self._begins[batch.topic_partition]
        self._left -= sum(record.offset >= begin for record in batch.records)
        if self._left <= 0:
            self._open.clear()
            seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._spent
            sent = self._requests() - self._sent
            reply({"records": self._wanted - self._left, "seconds": seconds, "cpu": cpu, "requests": sent})

    def start(self, loop: asyncio.AbstractEventLoop, begins: Mapping[Partition, int]) -> None:
        """Serves the parent's requests from now on. Records below `begins` are only looked at for their ids, and don't
        count."""
        self._loop = loop
        self._begins |= begins
        self._runs.set()

    def _requested(self, records: Any) -> None:
        if not self._runs.wait(PATIENCE):
            os._exit(1)
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._begin, int(records))

    def _begin(self, records: int) -> None:
        self._left = self._wanted = records
        self._began, self._spent, self._sent = time.perf_counter(), time.process_time(), self._requests()
        self._open.set()


def main(topic: str) -> None:
    """Runs until the parent closes our standard input."""
    settings = Settings()
    factory = AppFactory(settings, wait_for_servers(settings, [topic]))
    dead_letters, log = factory.dead_letters(topic), LogRecords(settings)
    projector = Projector(topic, of_topic(topic), factory.store, factory.codec, dead_letters, log)
    gated = GatedHandler(projector.handle, lambda: factory.cassandra.sent)

    async def start(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        offsets = await starts(projector, partitions)
        gated.start(asyncio.get_running_loop(), {where: projector.next_offset(where) for where in partitions})
        return offsets

    run_worker([batch_app(f"bench-{settings.keyspace}-{topic}", [topic], gated, start, settings)], settings)


if __name__ == "__main__":
    main(sys.argv[1])
