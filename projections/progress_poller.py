"""One poller a process for all who wait on `progress`: reactors for their views, requests for their own writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from events.rounds import Rounds
from projections.progress import PROGRESS, Progress
from projections.store.protocol import Store

POLL_SECONDS = 0.02
Place: TypeAlias = tuple[str, int]  # topic, partition
Rows: TypeAlias = Mapping[tuple[str, int], Progress]  # by projection (or reactor) and generation


class ProgressPoller:
    """Looks at the `progress` of the partitions that somebody waits for, at most once in `interval` seconds.

    One look takes a request for each topic (for every 100 partitions of it), however many wait, and for whatever: the
    rows of a partition are those of all projections and reactors. Whoever waits looks again and again."""

    def __init__(self, store: Store, interval: float = POLL_SECONDS):
        self._store, self._rounds = store, Rounds(self._read, interval)

    async def look(self, places: Collection[Place]) -> Mapping[Place, Rows]:
        """The rows of partitions, read after this call, with the next look. Raises StoreUnavailable."""
        return await self._rounds.ask(places)

    async def _read(self, places: Sequence[Place]) -> Mapping[Place, Rows]:
        found: list[list[Progress]] = await self._store.slice_many(PROGRESS, places)
        return {
            place: {(row.projection, row.generation): row for row in rows}
            for place, rows in zip(places, found, strict=True)
        }
