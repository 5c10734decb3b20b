"""Saves and restores `progress`, for backups: where each projection and reactor begins after a restore."""

import json
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from events.settings import Settings
from events.topics import FACTS, TOPICS, Partitioning
from ops.errors import OperatorError
from processors.catalog import reactors
from processors.log.ends import LogEnds
from projections.progress import PROGRESS, Progress, read_progress
from projections.store.cassandra import CassandraStore, connected
from projections.store.protocol import Store
from projections.store.roles import WORKER
from projections.store.table import Stamped, stamp_of

GROUPS = (*FACTS, *(reactor.name for reactor in reactors()))  # the consumer groups: each app's name
ANSWER_SECONDS = 10.0


async def all_progress(store: Store) -> list[Progress]:
    """Every row of `progress`. Raises StoreUnavailable."""
    return [
        row
        for topic in TOPICS
        for partition in store.partitioning.each(topic)
        for row in (await read_progress(store, topic, partition)).values()
    ]


def to_json(rows: list[Progress], now: datetime) -> str:
    """The file that `from_json` reads."""
    return json.dumps({"saved_at": now.isoformat(timespec="seconds"), "progress": list(map(asdict, rows))}, indent=1)


def from_json(text: str, name: str) -> list[Progress]:
    """The rows that `to_json` wrote. Raises OperatorError, with the file's `name`, if these aren't any."""
    try:
        rows = [Progress(**row) for row in json.loads(text)["progress"]]
        for row in rows:
            check_row(row)
    except (ValueError, LookupError, TypeError) as error:
        raise OperatorError(f"{name} wasn't made by `darkroom progress save`: {error}") from error
    if not rows:
        raise OperatorError(
            f"{name} has no offsets: without any, every read model is rebuilt from the log's beginning."
        )
    return rows


def check_row(row: Progress) -> None:
    """Raises ValueError, LookupError or TypeError unless a row is of this log and has whole numbers where it must."""
    if row.topic not in TOPICS or row.partition < 0 or not row.projection:
        raise ValueError(f"{row.topic}-{row.partition} is no partition of the log")
    for field in fields(row):
        value: Any = getattr(row, field.name)
        if field.name in ("generation", "offset") and (type(value) is not int or value < 0):
            raise ValueError(f"{field.name} {value!r} is no whole number")


async def replace_progress(store: CassandraStore, rows: list[Progress]) -> None:
    """Truncates `progress` and writes these rows: a lower offset never wins over a higher one that is there.

    What was folded when they were saved is in the backup that began then: it is synced, whatever the nodes did since.
    Raises StoreUnavailable; what came first is then done, and all of it can be done again."""
    await store.execute(f"TRUNCATE {store.physical(PROGRESS)}")
    written = [replace(row, synced=row.offset, nodes="", epoch=0) for row in rows]
    await store.write([Stamped(PROGRESS.upsert(**asdict(row)), stamp_of(row.offset or 0)) for row in written])


def require_no_consumers(settings: Settings) -> None:
    """Raises OperatorError if a worker consumes, KafkaException if Kafka doesn't answer."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    consuming = {}
    for group, answer in admin.describe_consumer_groups(list(GROUPS), request_timeout=ANSWER_SECONDS).items():
        if members := answer.result().members:
            consuming[group] = members[0]
    if consuming:
        groups = ", ".join(f"{group} (at {member.host.strip('/')})" for group, member in consuming.items())
        raise OperatorError(
            f"Workers are consuming: {groups}. Stop them first, and if they were killed, wait ten seconds."
        )


def require_in_log(settings: Settings, partitioning: Partitioning, rows: list[Progress]) -> None:
    """Raises OperatorError if an offset is beyond the log's end, KafkaException or TimeoutError without an answer."""
    ends_of = LogEnds(settings, partitioning)
    ends = {(topic, i): end for name in sorted({row.topic for row in rows}) for topic, i, end in ends_of.now(name)}
    for row in rows:
        end = ends.get((row.topic, row.partition), -1)
        if (row.offset or 0) > end:
            log = f"the log ends at {end}" if end >= 0 else "the log has no such partition"
            raise OperatorError(
                f"{row.projection} had come to {row.topic}-{row.partition}@{row.offset}, and {log}: these are the "
                "offsets of another log, or this one has lost records."
            )


async def save(settings: Settings) -> tuple[str, int]:
    """The text of a file with every row of `progress`, and how many these are. Raises StoreUnavailable."""
    async with connected(settings, WORKER, settings.worker_password) as store:
        rows = await all_progress(store)
    return to_json(rows, datetime.now(UTC)), len(rows)


async def restore(settings: Settings, text: str, name: str) -> int:
    """Replaces `progress` by what a file's text has; how many rows. Raises OperatorError, StoreUnavailable."""
    rows = from_json(text, name)
    async with connected(settings, WORKER, settings.worker_password) as store:
        try:
            require_no_consumers(settings)
            require_in_log(settings, store.partitioning, rows)
        except (KafkaException, TimeoutError) as error:
            raise OperatorError(f"Kafka doesn't say whether a worker is consuming: {error}.") from error
        await replace_progress(store, rows)
    return len(rows)
