"""Faust apps that work on batches: each partition in order, partitions side by side, nothing acknowledged undone.

`batch_app` is all that a projector or a reactor needs: a handler of batches, where to start, and what to call each
second.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.tables import TableManager

from events.settings import Settings
from processors.handlers.batch import MAX_RECORDS
from processors.transport.consumer import SCHEME, Consumer, Raw
from processors.transport.partitions import Handle, Moved, Partitions, StartOffsets, Tick

MAX_BYTES = 4 << 20


class Boot(BootStrategy):
    """Only the services that batches need. A producer and a monitor for each app would be idle, at a cost."""

    enable_kafka_producer = False
    enable_sensors = False
    enable_web = False


class NoTables(TableManager):
    """Manages no tables. Faust's sleeps for a second first, and the apps of a worker start one after another."""

    async def on_start(self) -> None:
        """Does as Faust's does after its pause, in which tables could be declared."""
        await self._update_channels()
        await self.recovery.start()


class BatchApp(faust.App):
    """A Faust app on the batch transport; made by `batch_app`."""

    BootStrategy = Boot
    mundane_level = "debug"
    partitions: Partitions
    stopped: Callable[[], str]

    def _create_directories(self) -> None:
        """No tables, so no `<name>-data` folder wherever the worker happens to be started."""

    async def _wait_for_table_recovery_completed(self) -> bool:
        """Don't wait: with no tables that is the first assignment, and the next app starts only after it."""
        return bool(self.should_stop)

    @property
    def consuming(self) -> bool:
        """Whether the app has been assigned its partitions (perhaps none) and knows where each of them starts."""
        if self._consumer is None or self.rebalancing or self._assignment is None:
            return False
        return not self._assignment or cast(Consumer, self._consumer).begun


def batch_app(
    name: str,
    topics: Iterable[str],
    handle: Handle,
    start_offsets: StartOffsets,
    settings: Settings,
    *,
    max_records: int = MAX_RECORDS,
    max_bytes: int = MAX_BYTES,
    concurrency: int | None = None,
    tick: Tick | None = None,
    tick_seconds: float = 1.0,
    on_assigned: Moved | None = None,
    on_revoked: Moved | None = None,
    stopped: Callable[[], str] = str,
) -> BatchApp:
    """An app of the consumer group `name` that calls `handle` with batches of `topics`.

    `handle(batch, lease)` returning acknowledges the batch; LeaseLost gives it up; any other exception is logged,
    and the batch tried again while the lease is held. Batches of one partition come one at a time and in order,
    of at most `max_records` records and about `max_bytes`; at most `concurrency` partitions (None: all of them)
    are worked on at once.

    `start_offsets(partitions)` is asked after every assignment, and again while it raises; nothing is consumed before.
    `tick(partition, lease)` is called every `tick_seconds` for each owned partition, in the same task as its batches,
    so that never both run. `on_assigned(partitions)` and `on_revoked(partitions)` are told, synchronously, before the
    first and after the last batch of an assignment. `stopped()` is why the app stands still (empty while it doesn't),
    for health checks.
    """
    app = BatchApp(
        name,
        broker=[f"{SCHEME}://{server}" for server in settings.bootstrap.split(",")],
        autodiscover=False,
        TableManager=NoTables,
        web_enabled=False,
        web_bind="127.0.0.1",  # should anyone enable it: Faust's own default is every interface
        topic_allow_declare=False,
        topic_disable_leader=True,
        # The transport seeks every partition itself; anything that would make aiokafka choose must fail instead.
        consumer_auto_offset_reset="none",
        consumer_max_fetch_size=2 << 20,  # bytes a partition; not below the largest record
        # Who has one keeps its partitions while it is started again, if that takes less than a session.
        consumer_group_instance_id=settings.worker_id or None,
        # A stuck member holds its partitions for a session; a rebalance waits for the slowest drain (7 s).
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_rebalance_timeout=30.0,
        broker_request_timeout=40.0,  # longer than a rebalance: the broker answers a join only at its end
        # Full batches in every partition stop the fetching, for as long as Cassandra is down. That is no dead member.
        broker_max_poll_interval=7 * 86400.0,
        stream_buffer_maxsize=64,  # batches; the transport bounds them before this does
        stream_wait_empty=True,
    )
    app.stopped = stopped
    app.partitions = Partitions(
        app,
        handle,
        start_offsets,
        max_records=max_records,
        max_bytes=max_bytes,
        concurrency=concurrency,
        tick=tick,
        tick_seconds=tick_seconds,
        on_assigned=on_assigned,
        on_revoked=on_revoked,
    )

    async def relay(stream: Any) -> None:
        async for event in stream.noack().events():
            app.partitions.put(event.message)

    app.agent(app.topic(*topics, schema=Raw()), name=f"{name}.relay", concurrency=1)(relay)
    return app
