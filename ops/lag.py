"""How far each process is behind the log."""

import asyncio
from collections.abc import Mapping, Sequence

from events.settings import Settings
from events.topics import TOPICS
from ops.supervisor.processes import PHOTOS, VIEWS
from processors.expand import TOPICS_READ
from processors.log.ends import LogEnds
from projections.catalog import of_topic
from projections.keyspace import API
from projections.progress import least, progress_of
from projections.store.cassandra import connected

Partition = tuple[str, int]
Known = Mapping[Partition, dict[tuple[str, int], int]]
PROCESSES = {"worker-views": VIEWS, "worker-photos": PHOTOS}
READ_BY = {"expand": TOPICS_READ, "filter": ("photos",), "develop": ("photos",)}


def lag(settings: Settings) -> dict[str, int]:
    """The number of records that are in the log and not yet in the read models, by the name of the process.

    A process that follows no topic isn't in it. Empty where Kafka or Cassandra doesn't answer."""
    try:
        return asyncio.run(behind(settings))
    except Exception:  # a status must be told even of a system that is half dead: then there is no lag to tell
        return {}


async def behind(settings: Settings) -> dict[str, int]:
    """As `lag`; whatever the servers raise."""
    async with connected(settings, API, settings.api_password) as store:
        ends_of = LogEnds(settings)
        topics = [name for name in TOPICS if name != "deadletters"]
        ends = {(topic, partition): end for name in topics for topic, partition, end in await ends_of(name)}
        found = await asyncio.gather(*(progress_of(store, *where) for where in ends))
    known = dict(zip(ends, found, strict=True))
    return {process: sum(of_app(app, ends, known) for app in apps) for process, apps in PROCESSES.items()}


def of_app(app: str, ends: Mapping[Partition, int], known: Known) -> int:
    """The lag of one app: of a view, that of its slowest projection."""
    topics: Sequence[str] = READ_BY.get(app, (app,))
    names = [(app, 1)] if app in READ_BY else [(each.name, 1) for each in of_topic(app)]
    return sum(max(0, end - least(known[where], names)) for where, end in ends.items() if where[0] in topics)
