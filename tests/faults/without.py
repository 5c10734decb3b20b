"""A worker with one protection taken out, to see its test fail: `python -m tests.faults.without NAME worker …`."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import conn as aiokafka_conn
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from events import confluent_registry as registry
from events.codec import Codec
from events.keepalive import SOCKET_OPTIONS
from events.registry import UnknownSchema
from events.settings import settings

CHOSEN = sys.argv[1]
sys.argv = ["darkroom", *sys.argv[2:]]  # before Faust reads it

from faust.transport.drivers.aiokafka import ensure_aiokafka_TP  # noqa: E402

from processors import object_store, objects  # noqa: E402
from processors.film.sandbox import pool  # noqa: E402
from processors.handlers import handler, tools, writer  # noqa: E402
from processors.handlers.batch import Partition  # noqa: E402
from processors.handlers.copies import Copies  # noqa: E402
from processors.handlers.handler import BatchHandler  # noqa: E402
from processors.handlers.projector import Projector  # noqa: E402
from processors.transport import app, fetcher, lease, partitions  # noqa: E402
from producers import topics  # noqa: E402
from projections import progress, visibility  # noqa: E402
from projections.store import cassandra  # noqa: E402
from projections.tally import shard, stamps  # noqa: E402


def rows_before_progress() -> None:
    """`progress` is written before the rows, not after."""

    do = BatchHandler._process

    async def early(self: Any, where: Any, records: Any, wanted: Any, end: int, lease: Any) -> None:
        await BatchHandler.write_progress(self, where, end, lease)
        await do(self, where, records, wanted, end, lease)

    BatchHandler._process = early  # type: ignore[method-assign]


def members_read() -> None:
    """A tally adds to its total without having read who is in the set."""
    honest = writer.Shard

    def blind(each: Any, *, rows: Any, **others: Any) -> Any:
        return honest(each, rows=[row for row in rows if row.member.int == 0], **others)

    writer.Shard = blind  # type: ignore[misc]


def offset_stamps() -> None:
    """Writes are stamped with the time of day, as Cassandra does by itself, not with the offset."""

    def clock(*_: int) -> int:
        return time.time_ns() // 1000

    stamps.stamp_of = shard.stamp_of = progress.stamp_of = clock  # type: ignore[assignment]


def progress_as_start() -> None:
    """Faust's way: what was handed to a handler counts as done, and a worker starts at Kafka's committed offset."""
    put, begin = partitions.Partitions.put, Projector.start

    def handed(self: Any, message: Any) -> None:
        put(self, message)
        self._app.consumer.done(message)

    async def start(self: Projector, where: Partition) -> int:
        admin = AdminClient({"bootstrap.servers": settings().bootstrap})
        asked = ConsumerGroupTopicPartitions(self.topic, [TopicPartition(*where)])
        (found,) = admin.list_consumer_group_offsets([asked])[self.topic].result().topic_partitions
        await begin(self, where)
        self._checkpoints[where].wanted = dict.fromkeys(self.names, 0)
        return max(0, found.offset)

    partitions.Partitions.put = handed  # type: ignore[method-assign]
    Projector.start = start  # type: ignore[method-assign]


def short_session() -> None:
    """A dead member keeps its partitions for five minutes instead of ten seconds."""
    made = app.BatchApp.__init__

    def patient(self: Any, *given: Any, **named: Any) -> None:
        named |= {"broker_session_timeout": 300.0, "broker_rebalance_timeout": 300.0, "broker_request_timeout": 310.0}
        made(self, *given, **named)

    app.BatchApp.__init__ = patient  # type: ignore[method-assign]


def healing() -> None:
    """A worker believes its own memory of how far it was, whatever the database has forgotten."""

    async def trust(self: BatchHandler, where: Partition, _: Any) -> None:
        self._checkpoints[where].outages = self._store.outages

    BatchHandler.heal = trust  # type: ignore[method-assign]


def copies() -> None:
    """A record whose event stands in the log already counts again."""
    Copies.without = lambda _, records: list(records)  # type: ignore[method-assign]


def synced_offset() -> None:
    """`progress` is believed, also if a node has started since it was written."""
    progress.Progress.kept = lambda self, _: self.offset or 0  # type: ignore[method-assign]


def fingerprints() -> None:
    """The log is believed to be the one that `progress` is about."""
    handler.fingerprint_of = lambda _: ""  # type: ignore[assignment]


def schema_cache() -> None:
    """Every record's schema is asked for, of the registry itself."""
    know = Codec._look_up_schemas

    async def ask(self: Codec, values: Any) -> None:
        self._decoders.clear()
        self._registry._client.clear_caches()  # type: ignore[attr-defined]
        await know(self, values)

    Codec._look_up_schemas = ask  # type: ignore[method-assign]


def registry_retries() -> None:
    """A registry that doesn't answer has no such schema."""

    def translated(ask: Callable[[], Any], missing: str) -> Any:
        try:
            return ask()
        except Exception as error:
            raise UnknownSchema(missing) from error

    registry.translated = translated


def object_retries() -> None:
    """An object store that doesn't answer has lost the photo."""
    ask = objects.Objects._call

    async def lost(self: Any, call: Any) -> Any:
        try:
            return await ask(self, call)
        except object_store.ObjectsUnavailable as error:
            raise object_store.ObjectChanged from error

    objects.Objects._call = lost  # type: ignore[method-assign]


def keepalive() -> None:
    """The kernel isn't told to notice that a connection is dead."""
    SOCKET_OPTIONS.clear()


def prompt_brokers() -> None:
    """aiokafka has one timeout for everything, longer than a rebalance; and the kernel notices nothing."""
    aiokafka_conn.AIOKafkaConnection = AIOKafkaConnection  # type: ignore[misc]
    keepalive()


def prompt_nodes() -> None:
    """Connections to Cassandra have the driver's own timings; and the kernel notices nothing."""
    cassandra.timings = dict[str, Any]
    keepalive()


def calls_on_the_lease() -> None:
    """A call that is under way when its lease is lost goes on."""

    async def call(self: lease.Lease, operation: Callable[[], Any]) -> Any:
        self.check()
        return await operation()

    lease.Lease.call = call  # type: ignore[method-assign]


def own_commits() -> None:
    """Offsets are committed aiokafka's way, which goes on when it is given up."""

    async def commit_now(self: Any, offsets: Any) -> bool:
        try:
            async with asyncio.timeout(fetcher.COMMIT_SECONDS):
                await self._ensure_consumer().commit({ensure_aiokafka_TP(tp): at for tp, at in offsets.items()})
        except (KafkaError, TimeoutError):
            return False
        return True

    fetcher.Thread.commit_now = commit_now  # type: ignore[method-assign]


def lost_film_workers() -> None:
    """A photo is rejected whose film workers were lost, whoever killed them."""
    film = pool.Pool.filter

    async def filter_or_reject(self: Any, *given: Any) -> Any:
        try:
            return await film(self, *given)
        except pool.WorkerLost:
            return pool.Rejected.because(pool.Reason.UNDEVELOPABLE)

    pool.Pool.filter = filter_or_reject  # type: ignore[method-assign]


def sentinel() -> None:
    """Whatever bucket it is: what isn't there was never there."""

    async def believe(_: Any) -> None:
        return None

    objects.Objects._check_bucket = believe  # type: ignore[method-assign]


def topic_checks() -> None:
    """Topics are taken as they are."""

    def none(_: Any) -> list[topics.WrongSetting]:
        return []

    topics.wrong_settings = none


def readers_clock() -> None:
    """What is shown follows from the flag that a photo has developed, whatever its reader's clock says."""

    def flag_only(photo: Any, _: Any) -> Any:
        return photo

    visibility.as_of = flag_only


def databases_clock() -> None:
    """What can't be taken back goes by the worker's clock alone."""

    async def by_its_own(self: tools.Tools, _: Any) -> Any:
        return self.now()

    tools.Tools.agreed_time = by_its_own  # type: ignore[method-assign]


PROTECTIONS: Sequence[Callable[[], None]] = (
    rows_before_progress,
    members_read,
    offset_stamps,
    progress_as_start,
    short_session,
    healing,
    copies,
    synced_offset,
    fingerprints,
    schema_cache,
    registry_retries,
    object_retries,
    keepalive,
    prompt_brokers,
    prompt_nodes,
    calls_on_the_lease,
    own_commits,
    lost_film_workers,
    sentinel,
    topic_checks,
    readers_clock,
    databases_clock,
)

if __name__ == "__main__":
    from ops.cli import main

    next(each for each in PROTECTIONS if each.__name__ == CHOSEN)()
    main()
