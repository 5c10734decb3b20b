"""counts: all sizes of an entity in one partition, a row for each kind and shard, summed when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from projections.store.table import Table


@dataclass(frozen=True, slots=True)
class Count:
    """One shard's size of one of an entity's sets, and when (ms since 1970) something in it last began."""

    entity: UUID
    kind: str
    shard: int
    generation: int
    total: int | None = None
    latest: int | None = None


COUNTS = Table("counts", Count, 1, 3)


@dataclass(frozen=True, slots=True)
class Counts:
    """An entity's sizes by kind, and when something last began in each."""

    totals: Mapping[str, int]
    latest: Mapping[str, datetime]

    def __getitem__(self, kind: str) -> int:
        return self.totals.get(kind, 0)


def summed(rows: list[Count], generations: Mapping[str, int]) -> Counts:
    """The sums over shards, of the live generation of each kind (1 where `generations` has none)."""
    totals: dict[str, int] = {}
    latest: dict[str, int] = {}
    for row in rows:
        if row.generation == generations.get(row.kind, 1):
            totals[row.kind] = totals.get(row.kind, 0) + (row.total or 0)
            latest[row.kind] = max(latest.get(row.kind, 0), row.latest or 0)
    return Counts(totals, {kind: datetime.fromtimestamp(ms / 1000, UTC) for kind, ms in latest.items() if ms})
