"""Low waters: how far a reactor that goes through what comes due has come in a partition.

A low water says: of what the log has below `offset`, all that is due up to `mark` is done. Once true, that stays true,
whoever wrote it. So it is stamped by its offset like a row of a read model, and needs no fencing: the last write of a
worker that had stalled loses against one that has seen more of the log, and of two that have seen as much the later
mark stays. Before an offset counts as processed, a reactor keeps its low water with it; events that belong at or before
the mark it acts on itself, those behind are left to its looks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from projections.photos.due import Mark
from projections.store.protocol import Store
from projections.store.table import Stamped, Table, stamp_of


@dataclass(frozen=True, slots=True)
class LowWater:
    """A partition's low water. It may be lost: then all that was ever due is looked through once."""

    shard: int
    mark: str | None = None
    offset: int | None = None


def low_water_table(reactor: str) -> Table:
    """The table of a reactor's low waters."""
    return Table(f"{reactor}_low_water", LowWater, partition=1)


class LowWaters:
    """The low waters of the partitions that a worker owns, read once."""

    def __init__(self, table: Table):
        self._table = table
        self._known: dict[int, LowWater] = {}

    async def mark(self, store: Store, shard: int) -> Mark:
        """How far a partition is; the first mark where nothing was kept. Raises StoreUnavailable."""
        return Mark.read((await self._low_water(store, shard)).mark or "")

    async def keep(self, store: Store, shard: int, *, mark: Mark | None = None, offset: int = 0) -> None:
        """Keeps that a partition is at a mark (without one: where it was), or that the log was seen below an offset.

        An offset below the one that is kept (a record that is redriven) changes nothing. Raises StoreUnavailable."""
        known = await self._low_water(store, shard)
        text = (known.mark or "") if mark is None else str(mark)
        now = LowWater(shard, text, max(offset, known.offset or 0))
        if now != known:
            row = self._table.upsert(shard=shard, mark=now.mark, offset=now.offset)
            await store.write([Stamped(row, stamp_of(now.offset or 0))])
            self._known[shard] = now

    def forget(self, shards: Iterable[int]) -> None:
        """Drops what is known of partitions: another worker may have gone on with them."""
        for shard in shards:
            self._known.pop(shard, None)

    async def _low_water(self, store: Store, shard: int) -> LowWater:
        if shard not in self._known:
            self._known[shard] = await store.get(self._table, shard) or LowWater(shard)
        return self._known[shard]
