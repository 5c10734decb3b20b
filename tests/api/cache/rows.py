"""Two small tables, and stores that tell what they are asked, or hold reads up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from projections.progress import PROGRESS
from projections.store.memory import MemoryStore
from projections.store.table import Stamped, Table

NOON = datetime(2026, 6, 19, 12, tzinfo=UTC)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class One:
    """A row alone in its partition."""

    name: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """A row of a list; with a column of each type."""

    group: str
    at: datetime
    number: int
    text: str | None = None
    photo: UUID | None = None
    seen: bool | None = None


ONE = Table("one", One, partition=1)
MANY = Table("many", Many, partition=1, clustering=2, descending=True)


def one(name: str, version: int) -> Stamped:
    """A version of a row, which replaces the earlier ones."""
    return Stamped(ONE.upsert(name=name, version=version), version)


class Asked(MemoryStore):
    """A store in which something happens around each read."""

    async def around(self, read: Callable[[], Awaitable[T]], *question: Any) -> T:
        """Reads."""
        return await read()

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        return await self.around(lambda: MemoryStore.get(self, table, *key), "get", table, key)

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        """See Store."""
        return await self.around(
            lambda: MemoryStore.slice(self, table, *partition, **bounds), "slice", table, partition
        )

    async def pick(self, table: Table, partition: Any, firsts: Any) -> list[Any]:
        """See Store."""
        read: Callable[[], Awaitable[list[Any]]] = lambda: MemoryStore.pick(self, table, partition, firsts)  # noqa: E731
        return await self.around(read, "pick", table, partition, firsts)

    async def get_many(self, table: Table, keys: Any) -> list[Any]:
        """See Store."""

        async def read() -> list[Any]:
            return [await MemoryStore.get(self, table, *key) for key in keys]

        return await self.around(read, "get_many", table, keys)

    async def slice_many(self, table: Table, partitions: Any, **bounds: Any) -> list[list[Any]]:
        """See Store."""

        async def read() -> list[list[Any]]:
            return [await MemoryStore.slice(self, table, *each, **bounds) for each in partitions]

        return await self.around(read, "slice_many", table, partitions)


class Counting(Asked):
    """It tells what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []

    async def around(self, read: Callable[[], Awaitable[T]], *question: Any) -> T:
        """Reads, and notes what."""
        self.asked.append(question)
        return await read()


class Turns:
    """Those who stand still until they are let on."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.open = True
        self.stood = asyncio.Event()  # set once somebody has stood still

    async def turn(self) -> None:
        """Waits until it is let on, unless all may pass."""
        if not self.open:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            self.stood.set()
            await future

    def let(self, number: int) -> None:
        """Lets one of those who wait go on."""
        if self.waiting:
            future = self.waiting.pop(number % len(self.waiting))
            if not future.done():
                future.set_result(None)

    def let_all(self) -> None:
        """Lets all who wait now go on."""
        while self.waiting:
            self.let(0)


class Held(Asked):
    """Each read waits for its turn twice: before it looks, and before its answer arrives. Those of `progress` have
    turns of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.looking, self.arriving = Turns(), Turns()
        self.progress_looking, self.progress_arriving = Turns(), Turns()

    async def around(self, read: Callable[[], Awaitable[T]], *question: Any) -> T:
        """Reads, when it is let on."""
        of_progress = question[1] is PROGRESS
        await (self.progress_looking if of_progress else self.looking).turn()
        answer = await read()
        await (self.progress_arriving if of_progress else self.arriving).turn()
        return answer
