"""progress: how far each projection has folded each partition of the log. Workers resume from it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from projections.store.protocol import Store
from projections.store.survival import Starts, may_be_lost
from projections.store.table import Stamped, Table, stamp_of


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection's generation has folded a partition.

    - `offset`: the next offset that it will fold; everything below it is in its tables
    - `synced`: an offset that was passed long enough before for the database to have synced all below it
    - `nodes`: which start of each of the database's nodes it was all the time since `synced` was passed (`Starts`);
      nothing if that doesn't matter. Where so many have started since that something may be lost, only what is below
      `synced` is sure to be kept: rows and `progress` may have lost different moments
    - `record`: the fingerprint of the last record below `offset`, to notice a log that was cut and grew again
    - `epoch`: how often it was written again at the same offset
    """

    topic: str
    partition: int
    projection: str
    generation: int
    offset: int | None = None
    synced: int | None = None
    nodes: str | None = None
    record: str | None = None
    epoch: int | None = None

    def kept(self, nodes: Starts) -> int:
        """The offset below which everything is kept, where the nodes are these."""
        offset = self.offset or 0
        lost = self.nodes and may_be_lost(Starts.of(self.nodes), nodes)
        return min(self.synced or 0, offset) if lost else offset


PROGRESS = Table("progress", Progress, partition=2, clustering=2, urgent=True)


async def read_progress(store: Store, topic: str, partition: int) -> dict[tuple[str, int], Progress]:
    """The row of each (projection, generation) that has folded anything of a partition."""
    rows: list[Progress] = await store.slice(PROGRESS, topic, partition)
    return {(row.projection, row.generation): row for row in rows}


async def next_offsets(store: Store, topic: str, partition: int) -> dict[tuple[str, int], int]:
    """The next offset of each (projection, generation) that has folded anything of a partition."""
    return {name: row.offset or 0 for name, row in (await read_progress(store, topic, partition)).items()}


async def kept_offsets(store: Store, topic: str, partition: int) -> dict[tuple[str, int], int]:
    """The offset of each (projection, generation) below which everything is in its tables for sure.

    After a node has started, that is a lower one until the projection's worker has folded again what may be lost."""
    nodes = await store.nodes()
    return {name: row.kept(nodes) for name, row in (await read_progress(store, topic, partition)).items()}


def lowest_offset(offsets: dict[tuple[str, int], int], projections: Iterable[tuple[str, int]]) -> int:
    """The lowest of the next offsets of these (projection, generation) pairs, where their worker starts.

    It is 0 where one of them has none, and without any of them."""
    return min((offsets.get(projection, 0) for projection in projections), default=0)


def progress_rows(
    topic: str,
    partition: int,
    projections: Collection[tuple[str, int]],
    *,
    offset: int,
    synced: int | None = None,
    nodes: str = "",
    record: str = "",
    epoch: int = 0,
) -> list[Stamped]:
    """The rows, all of one partition, which say that these projections have folded everything below `offset`.

    See Progress. `synced` is `offset` unless something else is said."""
    return [
        Stamped(
            PROGRESS.upsert(
                topic=topic,
                partition=partition,
                projection=projection,
                generation=generation,
                offset=offset,
                synced=offset if synced is None else synced,
                nodes=nodes,
                record=record,
                epoch=epoch,
            ),
            stamp_of(offset, epoch=epoch),
        )
        for projection, generation in projections
    ]
