"""Measures how far each worker process is behind the log."""

import asyncio
from collections.abc import Mapping, Sequence

from events.settings import Settings
from events.topics import FACTS
from ops.supervisor.processes import WORKERS
from processors.catalog import reactors
from processors.log.ends import LogEnds
from projections.catalog import of_topic
from projections.progress import lowest_offset, next_offsets
from projections.projection import GENERATION
from projections.store.cassandra import connected
from projections.store.roles import API

Partition = tuple[str, int]
Progress = Mapping[Partition, dict[tuple[str, int], int]]
READ_BY = {reactor.name: reactor.topics for reactor in reactors()}


def lag(settings: Settings) -> dict[str, int]:
    """Counts the records in the log that each worker process has yet to handle, by the process' name.

    Empty if Kafka or Cassandra doesn't answer."""
    try:
        return asyncio.run(read_lag(settings))
    except Exception:  # `darkroom status` must work while a server is down
        return {}


async def read_lag(settings: Settings) -> dict[str, int]:
    """Does what `lag` does. Raises what the servers' clients raise."""
    async with connected(settings, API, settings.api_password) as store:
        ends_of = LogEnds(settings, store.partitioning)
        ends = {(topic, partition): end for name in FACTS for topic, partition, end in await ends_of(name)}
        found = await asyncio.gather(*(next_offsets(store, *where) for where in ends))
    progress = dict(zip(ends, found, strict=True))
    return {process: sum(app_lag(app, ends, progress) for app in apps) for process, apps in WORKERS.items()}


def app_lag(app: str, ends: Mapping[Partition, int], progress: Progress) -> int:
    """Counts the records that one app has yet to handle; a topic's app is as far as its slowest projection."""
    topics: Sequence[str] = READ_BY.get(app, (app,))
    names = [(app, GENERATION)] if app in READ_BY else [(projection.name, GENERATION) for projection in of_topic(app)]
    return sum(max(0, end - lowest_offset(progress[where], names)) for where, end in ends.items() if where[0] in topics)
