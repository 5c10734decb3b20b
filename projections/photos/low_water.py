"""develop_low_water: for each log partition, the earliest minute that may still hold a photo to develop. The develop
processor keeps it for itself; it may be lost, and then everything is looked through once."""

from dataclasses import dataclass

from projections.store.protocol import Store
from projections.store.table import Stamped, Table


@dataclass(frozen=True, slots=True)
class LowWater:
    """A partition's low water, a minute (UTC, `2026-06-20T07:00`); each change of it has the next version."""

    shard: int
    minute: str | None = None
    version: int | None = None


LOW_WATER = Table("develop_low_water", LowWater, 1)


async def low_water(store: Store, shard: int) -> tuple[str, int]:
    """The low water and its version; empty (before all minutes) and 0 where none was kept. StoreUnavailable."""
    row: LowWater | None = await store.get(LOW_WATER, shard)
    return ("", 0) if row is None else (row.minute or "", row.version or 0)


async def keep_low_water(store: Store, shard: int, minute: str, version: int) -> None:
    """Keeps the low water. It may fall as well as rise, so its version is its stamp. StoreUnavailable."""
    await store.write([Stamped(LOW_WATER.upsert(shard=shard, minute=minute, version=version), version)])
