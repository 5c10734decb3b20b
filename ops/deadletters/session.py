"""Opens what an operator's command on dead letters works with: the requests to redrive them, and a codec."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from events.codec import Codec
from events.positions import Position
from events.settings import Settings
from events.topics import Partitioning
from ops.deadletters.letters import LetterId
from processors.redrive.requests import CassandraRedriveRequests, RedriveRequest
from projections.private.codec import open_codecs
from projections.store.cassandra import connected
from projections.store.roles import WORKER


@dataclass(frozen=True)
class Session:
    """The redrive requests in Cassandra, and a codec that decodes as a worker does now."""

    requests: CassandraRedriveRequests
    codec: Codec
    partitioning: Partitioning

    async def requests_for(self, positions: Collection[Position]) -> dict[LetterId, RedriveRequest]:
        """Reads the requests of the last 90 days in the partitions of these records. Raises StoreUnavailable."""
        partitions = {(position.topic, position.partition) for position in positions}
        found = await asyncio.gather(*(self.requests.of_partition(*each) for each in sorted(partitions)))
        return {(each.position, each.projection): each for part in found for each in part}


@asynccontextmanager
async def open_session(settings: Settings) -> AsyncGenerator[Session]:
    """Opens a session. Raises StoreUnavailable."""
    async with connected(settings, WORKER, settings.worker_password) as store:
        with open_codecs(store, settings) as codecs:
            yield Session(CassandraRedriveRequests(store, settings.keyspace), codecs.fresh(), store.partitioning)
