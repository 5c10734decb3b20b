"""The partitions that an app owns: each worked on in order by a task of its own, nothing acknowledged undone."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Any, cast

from faust.types import TP, Message
from mode.utils.logging import get_logger
from prometheus_client import Counter, Gauge, Histogram

from events.error_text import described, traceback_of
from processors.handlers.batch import Batch, Partition
from processors.transport.lease import Lease, LeaseLost, backoff

Handle = Callable[[Batch, Lease], Awaitable[None]]
StartOffsets = Callable[[frozenset[Partition]], Awaitable[Mapping[Partition, int]]]
Tick = Callable[[Partition, Lease], Awaitable[None]]
Moved = Callable[[frozenset[Partition]], None]

DRAIN_SECONDS = 5.0  # how long a handler may take to end once its lease is lost; then it is cancelled
ABANDON_SECONDS = 2.0  # and how long it may take to be cancelled; then it is left behind, unacknowledged

log = get_logger(__name__)

LABELS = ("app", "topic")
RECORDS = Counter("darkroom_worker_records", "Records handled", LABELS)
BATCHES = Counter("darkroom_worker_batches", "Batches handled", LABELS)
FAILURES = Counter("darkroom_worker_handler_failures", "Exceptions that left a handler or a tick", LABELS)
SECONDS = Histogram("darkroom_worker_handler_seconds", "Time of one call of the handler", LABELS)
IN_FLIGHT = Gauge("darkroom_worker_batches_in_flight", "Batches handed over and not finished", LABELS)


class OwnedPartition:
    """One owned partition: its lease, its batches in order, and the task that works on them."""

    def __init__(self, tp: TP, lease: Lease) -> None:
        self.tp = tp
        self.partition = Partition(*tp)
        self.lease = lease
        self.batches: deque[Message] = deque()
        self.stir = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.failed_ticks = 0


class Partitions:
    """The partitions that an app owns; the `Owner` that its transport reports to."""

    def __init__(
        self,
        app: Any,
        handle: Handle,
        start_offsets: StartOffsets,
        *,
        max_records: int,
        max_bytes: int,
        concurrency: int | None,
        tick: Tick | None,
        tick_seconds: float,
        on_assigned: Moved | None,
        on_revoked: Moved | None,
    ) -> None:
        self.max_records = max_records
        self.max_bytes = max_bytes
        self._start_offsets = start_offsets
        self._app = app
        self._handle = handle
        self._slots = asyncio.Semaphore(concurrency) if concurrency else nullcontext()
        self._tick = tick
        self._tick_seconds = tick_seconds
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._owned: dict[TP, OwnedPartition] = {}
        self._crash: asyncio.Future[None] | None = None

    async def start_offsets(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """See Owner."""
        starts = await self._start_offsets(frozenset(Partition(*tp) for tp in tps))
        return {TP(*partition): offset for partition, offset in starts.items()}

    def begin(self, starts: Mapping[TP, int], assignment: int) -> None:
        """Owns these partitions from now on, and begins to work on them."""
        app = self._app

        def held() -> bool:
            return not app.should_stop and app.flow_control.is_active() and app.consumer_generation_id == assignment

        self._owned = {tp: OwnedPartition(tp, Lease(held)) for tp in starts}
        self._tell(self._on_assigned, frozenset(starts))
        for partition in self._owned.values():
            partition.task = asyncio.ensure_future(self._work(partition))
            partition.task.add_done_callback(self._ended)

    def put(self, message: Message) -> None:
        """Queues one batch behind its partition's others. What isn't owned is dropped: it will be fetched again."""
        partition = self._owned.get(message.tp)
        if partition is not None and partition.lease.held:
            IN_FLIGHT.labels(self._app.conf.id, message.topic).inc()
            partition.batches.append(message)
            partition.stir.set()

    def lose(self) -> None:
        """Loses every lease: handlers that wait or retry on theirs end now."""
        for partition in self._owned.values():
            partition.lease.lose()
            partition.stir.set()

    async def drained(self) -> None:
        """Waits for the handlers to end; after a while cancels them, and at last goes on without them."""
        tasks = {one.task for one in self._owned.values() if one.task is not None and not one.task.done()}
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in tasks:
            log.warning("%s: cancelling a handler that outlived its lease: %r", self._app.conf.id, task)
            task.cancel()
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=ABANDON_SECONDS)
        for task in tasks:
            log.error("%s: leaving a handler behind that can't be cancelled: %r", self._app.conf.id, task)
        owned, self._owned = frozenset(self._owned), {}
        if owned:
            self._tell(self._on_revoked, owned)

    def _tell(self, hook: Moved | None, tps: frozenset[TP]) -> None:
        try:
            if hook is not None:
                hook(frozenset(Partition(*tp) for tp in tps))
        except Exception as error:
            log.error("%s: a hook for assignments failed\n%s", self._app.conf.id, traceback_of(error))

    def _ended(self, task: asyncio.Task[None]) -> None:
        # Only a bug in this file ends a worker with an exception; a partition standing still unseen would be worse.
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crash = asyncio.ensure_future(self._app.crash(error))

    async def _work(self, partition: OwnedPartition) -> None:
        loop = asyncio.get_running_loop()
        next_tick = loop.time() + self._tick_seconds
        try:
            while partition.lease.held:
                if self._tick is not None and loop.time() >= next_tick:
                    await self._run_tick(self._tick, partition)
                    next_tick = loop.time() + self._tick_seconds
                if partition.batches:
                    await self._run_batch(partition.batches[0], partition.lease)
                    partition.batches.popleft()
                    IN_FLIGHT.labels(self._app.conf.id, partition.tp.topic).dec()
                    continue
                partition.stir.clear()
                try:
                    async with asyncio.timeout_at(None if self._tick is None else next_tick):
                        await partition.stir.wait()
                except TimeoutError:
                    continue
        except LeaseLost:
            pass
        finally:
            IN_FLIGHT.labels(self._app.conf.id, partition.tp.topic).dec(len(partition.batches))
            partition.batches.clear()

    async def _run_batch(self, message: Message, lease: Lease) -> None:
        """Works on one batch until it is done. Raises LeaseLost if the lease ends first: it stays unacknowledged."""
        batch = cast(Batch, message.value)
        labels = (self._app.conf.id, batch.topic)
        attempt = 0
        while True:
            lease.check()
            try:
                async with self._slots:
                    lease.check()
                    with SECONDS.labels(*labels).time():
                        await self._handle(batch, lease)
            except BaseException as error:
                self._survive(error, lease, attempt, message.tp, f"the batch at {batch.records[0].offset}")
            else:
                RECORDS.labels(*labels).inc(len(batch.records))
                BATCHES.labels(*labels).inc()
                self._app.consumer.done(message)
                return
            await lease.pause(backoff(attempt))
            attempt += 1

    async def _run_tick(self, tick: Tick, partition: OwnedPartition) -> None:
        try:
            await tick(partition.partition, partition.lease)
            partition.failed_ticks = 0
        except BaseException as error:
            self._survive(error, partition.lease, partition.failed_ticks, partition.tp, "the tick")
            partition.failed_ticks += 1

    def _survive(self, error: BaseException, lease: Lease, attempt: int, tp: TP, what: str) -> None:
        """Logs what left a handler, or raises it again if it is meant to end the work on the partition.

        LeaseLost under a lease that is held, and a CancelledError that nobody sent to this task (a future
        that the handler awaited was cancelled), are bugs like any other: nothing is done, nothing given up.
        """
        task = asyncio.current_task()
        cancelled = isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
        if cancelled or not isinstance(error, Exception | asyncio.CancelledError):
            raise error
        if isinstance(error, LeaseLost) and not lease.held:
            raise error
        FAILURES.labels(self._app.conf.id, tp.topic).inc()
        where = f"{self._app.conf.id}: {tp.topic}-{tp.partition}, {what}"
        if attempt == 0:
            log.error("%s failed, and is tried again\n%s", where, traceback_of(error))
        else:
            log.error("%s failed again (%d times now): %s", where, attempt + 1, described(error))
