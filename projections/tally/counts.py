"""counts: all sizes of an entity in one partition, a row for each tally and shard, summed when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from projections.projection import GENERATION
from projections.store.table import Table


@dataclass(frozen=True, slots=True)
class Count:
    """One shard's size of one of an entity's sets, and when (ms since 1970) something in it last began.

    `kind` is the tally's name."""

    entity: UUID
    kind: str
    shard: int
    generation: int
    total: int | None = None
    latest: int | None = None


EVERY_ROW = 2**31 - 1  # a limit that is none: what a partition of `counts` holds is bounded by its definition
COUNTS = Table("counts", Count, partition=1, clustering=3)


@dataclass(frozen=True, slots=True)
class Counts:
    """An entity's sizes by the tallies' names, and when something last began in each."""

    totals: Mapping[str, int]
    latest: Mapping[str, datetime]

    def __getitem__(self, kind: str) -> int:
        return self.totals.get(kind, 0)


def summed(rows: list[Count]) -> Counts:
    """The sums over shards."""
    totals: dict[str, int] = {}
    latest: dict[str, int] = {}
    for row in rows:
        if row.generation == GENERATION:
            totals[row.kind] = totals.get(row.kind, 0) + (row.total or 0)
            latest[row.kind] = max(latest.get(row.kind, 0), row.latest or 0)
    return Counts(totals, {kind: datetime.fromtimestamp(ms / 1000, UTC) for kind, ms in latest.items() if ms})
