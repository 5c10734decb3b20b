"""What tests of develop share: a store that counts what is read, a look, and what a look is to append."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid5

from events.generated import Event, PhotoDeveloped
from processors.develop import LOW_WATER, Develop
from processors.handlers.batch import Partition
from processors.low_water import LowWater
from projections.photos.develop_due import DEVELOP_DUE
from projections.store.memory import MemoryStore
from projections.store.table import Table
from tests.given import CARD
from tests.processors.world import OWNER, PARTITION, PARTITION_OF_OWNER, START, Meanwhile, World

HOUR = timedelta(hours=1)


class CountingStore(MemoryStore):
    """Counts the photos of `develop_due` that are read, and all reads."""

    def __init__(self) -> None:
        super().__init__()
        self.photos = self.reads = 0

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        """See Store."""
        return self._counted(table, await super().slice(table, *partition, **bounds))

    async def get_many(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See Store."""
        return self._counted(table, await super().get_many(table, keys))

    def _counted(self, table: Table, rows: list[Any]) -> list[Any]:
        self.reads += 1
        self.photos += len(rows) if table is DEVELOP_DUE else 0
        return rows

    def counted(self) -> tuple[int, int]:
        """How many photos were read since it was last asked, in how many reads."""
        result, self.photos, self.reads = (self.photos, self.reads), 0, 0
        return result


async def look(world: World, develop: Develop, where: Partition = PARTITION_OF_OWNER) -> list[Event]:
    """What one look appends; it isn't folded yet."""
    before = len(world.published)
    await develop.tick(where, Meanwhile())
    return world.published[before:]


async def act(world: World, develop: Develop, lease: Meanwhile | None = None) -> list[Event]:
    """What it appends when it is handed what is new in the log."""
    before = len(world.published)
    await world.feed(world.handler(develop), "photos", lease=lease or Meanwhile())
    return world.published[before:]


async def kept(world: World) -> tuple[str, int]:
    row: LowWater | None = await world.store.get(LOW_WATER, PARTITION)
    return ("", 0) if row is None else (row.mark or "", row.offset or 0)


def developed(number: int, due: timedelta = HOUR) -> PhotoDeveloped:
    """The fact that the nth photo has developed, word for word."""
    photo = uuid5(OWNER, f"photo {number}")
    return PhotoDeveloped(
        event_id=uuid5(photo, "PhotoDeveloped"),
        occurred_at=START + due,
        actor_id=OWNER,
        photo_id=photo,
        owner_id=OWNER,
        taken_at=START,
        develops_at=START + due,
        on_profile=True,
        card=CARD,
    )
