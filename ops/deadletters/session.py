"""What an operator's command on dead letters works with: the requests to redrive them, and a codec."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from events.codec import Codec
from events.positions import Position
from events.settings import Settings
from processors.redrive.requests import CassandraRedriveRequests, RedriveRequest
from projections.private.codec import open_codecs
from projections.store.cassandra import connected
from projections.store.roles import WORKER

Place = tuple[Position, str]  # a record, and the projection or reactor that couldn't take it


@dataclass(frozen=True)
class Desk:
    """What an operator's command works with."""

    requests: CassandraRedriveRequests
    codec: Codec

    async def known(self, positions: Collection[Position]) -> dict[Place, RedriveRequest]:
        """The requests made so far, of 90 days, in the partitions of these records. StoreUnavailable."""
        partitions = {(position.topic, position.partition) for position in positions}
        found = await asyncio.gather(*(self.requests.of_partition(*each) for each in sorted(partitions)))
        return {(each.position, each.projection): each for part in found for each in part}


@asynccontextmanager
async def desk(settings: Settings) -> AsyncGenerator[Desk]:
    """A desk with its sessions. StoreUnavailable."""
    async with connected(settings, WORKER, settings.worker_password) as store:
        with open_codecs(store, settings) as codecs:
            yield Desk(CassandraRedriveRequests(store, settings.keyspace), codecs.fresh())
