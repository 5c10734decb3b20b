"""Folds events into a keyspace as the workers do, without a log."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from cassandra.cluster import Session

from events.codec import key_of, topic_of
from events.generated import Event
from events.settings import Settings
from processors.handlers.fold import fold as fold_events
from processors.handlers.fold import subscribers
from processors.handlers.reader import Read
from processors.handlers.writer import Writer
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.store.cassandra import connect, disconnect, opened
from projections.store.protocol import Store
from projections.store.roles import WORKER

AT_ONCE = 2000


def fill(settings: Settings, events: Sequence[Event]) -> None:
    """Stores what events fold to, in the settings' keyspace."""
    session = connect(settings, WORKER, settings.worker_password)
    try:
        asyncio.run(fold_into(session, settings.keyspace, events))
    finally:
        disconnect(session)


async def fold_into(session: Session, keyspace: str, events: Sequence[Event]) -> None:
    """Stores what events fold to, in a keyspace."""
    await fold(await opened(session, keyspace), events)


async def fold(store: Store, events: Sequence[Event]) -> None:
    """Stores what events fold to, as the projector does; offsets are their order in each partition."""
    partitions: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        topic = topic_of(type(event))
        partitions.setdefault((topic, store.partitioning.of(topic, key_of(event))), []).append(event)
    for (topic, partition), in_partition in partitions.items():
        writer, projections = Writer(topic, store), of_topic(topic)
        wanted = dict.fromkeys((each.name for each in projections), 0)
        no_record: Any = SimpleNamespace(partition=partition)  # there are no bytes to decode
        reads = [Read(offset, event, no_record) for offset, event in enumerate(in_partition)]
        for i in range(0, len(reads), AT_ONCE):
            folded = fold_events(reads[i : i + AT_ONCE], wanted, subscribers(projections))
            assert await writer.write(partition, folded, Lease.of()) == []
