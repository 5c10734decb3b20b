"""What the live tests share: topics of their own, committed offsets, apps here and in other processes."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from events.settings import Settings
from processors.handlers.batch import Batch, Partition
from processors.transport.app import BatchApp, batch_app
from processors.transport.lease import Lease

ROOT = Path(__file__).parents[2]
PATIENCE = 40.0  # seconds: a dead member's session, a rebalance, and a busy machine


async def eventually(predicate: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Return when `predicate()` is true; AssertionError if it isn't within `patience` seconds."""
    end = time.monotonic() + patience
    while not predicate():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


async def from_the_beginning(partitions: frozenset[Partition]) -> Mapping[Partition, int]:
    """Start offsets of a projection that has folded nothing."""
    return {}


def unique(name: str) -> str:
    """A name of a topic or group that no other test has."""
    return f"{name}-{uuid4().hex[:8]}"


@dataclass(frozen=True)
class Log:
    """One topic of a test's own, on the test's broker."""

    settings: Settings
    topic: str
    partitions: int

    def append(self, records: int, partition: int | None = None, value: Callable[[int], bytes] | None = None) -> None:
        """Append so many records, to one partition or to each in turn, and return when the broker has them."""
        producer = Producer({"bootstrap.servers": self.settings.bootstrap, "linger.ms": 2})
        for number in range(records):
            producer.produce(
                self.topic,
                value(number) if value else str(number).encode(),
                partition=number % self.partitions if partition is None else partition,
            )
            producer.poll(0)
        producer.flush()

    def committed(self, group: str) -> dict[int, int]:
        """Kafka's committed offset of each partition that has one."""
        admin = AdminClient({"bootstrap.servers": self.settings.bootstrap})
        wanted = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        futures = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)])
        found = futures[group].result().topic_partitions or []
        return {each.partition: each.offset for each in found if each.offset >= 0}


def new_log(settings: Settings, partitions: int) -> Log:
    """A new topic."""
    log = Log(settings, unique("transport"), partitions)
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    for future in admin.create_topics([NewTopic(log.topic, partitions, 1)]).values():
        future.result()
    return log


class Seen:
    """A handler that remembers what it was given."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    async def __call__(self, batch: Batch, lease: Lease) -> None:
        self.batches.append(batch)

    def offsets(self, partition: int) -> list[int]:
        """The offsets of all records of a partition, as they came."""
        return [record.offset for batch in self.batches if batch.partition == partition for record in batch.records]

    @property
    def records(self) -> int:
        """How many records came."""
        return sum(len(batch.records) for batch in self.batches)


def app_of(
    log: Log, handle: Callable[[Batch, Lease], Awaitable[None]], start: Any = from_the_beginning, **options: Any
) -> BatchApp:
    """An app that reads the log in a group of its own, and commits soon."""
    app = batch_app(unique("group"), [log.topic], handle, start, log.settings, **options)
    app.conf.broker_commit_interval = 0.1
    return app


@asynccontextmanager
async def running(*apps: BatchApp) -> AsyncGenerator[None]:
    """Run apps in this process."""
    for app in apps:
        await app.start()
    try:
        yield
    finally:
        await asyncio.gather(*(app.stop() for app in apps))


class WorkerProcess:
    """A worker in a process of its own (`program.py`), to be killed."""

    ports = count(1)

    def __init__(self, log: Log, folder: Path, group: str, mode: str, worker_id: str = "") -> None:
        self.port = log.settings.worker_metrics_port + next(self.ports)
        self.errors = folder / f"{self.port}.err"
        task = {
            "settings": log.settings.model_dump(mode="json")
            | {"worker_metrics_port": self.port, "worker_id": worker_id},
            "topic": log.topic,
            "group": group,
            "mode": mode,
            "folder": str(folder),
        }
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.transport.program", json.dumps(task)], cwd=ROOT, stderr=errors
            )

    def terminate(self) -> None:
        """Ask it to stop."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it without asking."""
        self.process.kill()
        self.process.wait()

    def status(self, timeout: float = PATIENCE) -> int:
        """Its exit status, once it has ended. subprocess.TimeoutExpired."""
        return self.process.wait(timeout)


@contextmanager
def workers(log: Log, folder: Path, group: str) -> Generator[Callable[..., WorkerProcess]]:
    """Start workers by mode, and worker's id if it has one; what still runs is killed in the end."""
    started: list[WorkerProcess] = []

    def start(mode: str, worker_id: str = "") -> WorkerProcess:
        started.append(WorkerProcess(log, folder, group, mode, worker_id))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.kill()
