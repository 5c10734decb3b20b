"""progress: how far each projection has folded each partition of the log. Workers resume from it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from projections.store.protocol import Store
from projections.store.table import Stamped, Table, stamp_of


@dataclass(frozen=True, slots=True)
class Progress:
    """The next offset that a projection's generation will fold: everything below it is in its tables."""

    topic: str
    partition: int
    projection: str
    generation: int
    offset: int | None = None


PROGRESS = Table("progress", Progress, partition=2, clustering=2)


async def next_offsets(store: Store, topic: str, partition: int) -> dict[tuple[str, int], int]:
    """The next offset of each (projection, generation) that has folded anything of a partition."""
    rows: list[Progress] = await store.slice(PROGRESS, topic, partition)
    return {(row.projection, row.generation): row.offset or 0 for row in rows}


def lowest_offset(offsets: dict[tuple[str, int], int], projections: Iterable[tuple[str, int]]) -> int:
    """The lowest of the next offsets of these (projection, generation) pairs, where their worker starts.

    It is 0 where one of them has none, and without any of them."""
    return min((offsets.get(projection, 0) for projection in projections), default=0)


def progress_rows(
    topic: str, partition: int, projections: Collection[tuple[str, int]], *, offset: int
) -> list[Stamped]:
    """The rows, all of one partition, which say that these projections have folded everything below `offset`."""
    return [
        Stamped(
            PROGRESS.upsert(
                topic=topic, partition=partition, projection=projection, generation=generation, offset=offset
            ),
            stamp_of(offset),
        )
        for projection, generation in projections
    ]
