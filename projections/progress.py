"""progress: how far each projection has folded each partition of the log. It is the truth that work resumes from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from projections.store.protocol import Store
from projections.store.table import Stamped, Table, stamp_of


@dataclass(frozen=True, slots=True)
class Progress:
    """`offset` is the next offset that the projection's generation will fold: all below it are in its tables."""

    topic: str
    partition: int
    projection: str
    generation: int
    offset: int | None = None


PROGRESS = Table("progress", Progress, 2, 2)


async def progress_of(store: Store, topic: str, partition: int) -> dict[tuple[str, int], int]:
    """The next offset of each (projection, generation) that has folded anything of a partition."""
    rows: list[Progress] = await store.slice(PROGRESS, topic, partition)
    return {(row.projection, row.generation): row.offset or 0 for row in rows}


def least(known: dict[tuple[str, int], int], projections: Iterable[tuple[str, int]]) -> int:
    """Where a worker of these (projection, generation) pairs starts: the least of their offsets; none is 0."""
    return min((known.get(each, 0) for each in projections), default=0)


def progress_rows(topic: str, partition: int, projections: Collection[tuple[str, int]], offset: int) -> list[Stamped]:
    """The rows, in one partition, that say that these projections have folded all below `offset`."""
    return [
        Stamped(
            PROGRESS.upsert(
                topic=topic, partition=partition, projection=projection, generation=generation, offset=offset
            ),
            stamp_of(offset),
        )
        for projection, generation in projections
    ]
