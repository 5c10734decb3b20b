"""Rows by id, for the time of one request: many are read at once, and each of them once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


class Loader(Generic[T]):
    """Reads rows of one kind by id. A row that was read, or is being read, isn't read again.

    Inside, ids are the numbers that they are: a UUID's own hash is Python's, and a page asks for thousands of rows."""

    def __init__(self, read: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, T]]]):
        """`read`: reads many rows with one request; what it leaves out isn't there."""
        self._read = read
        self._rows: dict[int, T] = {}
        self._reads: dict[int, asyncio.Future[None]] = {}  # by each id, the read that brings its row

    async def load(self, ids: Collection[UUID]) -> None:
        """Reads those of the rows that nobody has asked for yet, and waits for all of them.

        A failure is raised to everybody who waits for one of the rows."""
        wanted = {each.int: each for each in ids}
        new = [each for number, each in wanted.items() if number not in self._reads]
        if new:
            await self._load(new)
        for read in {self._reads[number] for number in wanted}:
            await read

    async def _load(self, new: list[UUID]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reads.update(dict.fromkeys((each.int for each in new), done))
        try:
            self._rows.update((each.int, row) for each, row in (await self._read(new)).items())
        except Exception as error:
            done.set_exception(error)
            done.exception()  # marks it as retrieved: this caller gets it in any case, and others need not wait
            raise
        except BaseException:  # the request was cancelled
            done.cancel()
            raise
        done.set_result(None)

    def put(self, identity: UUID, row: T) -> None:
        """Keeps a row that was read otherwise."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        self._reads[identity.int], self._rows[identity.int] = done, row

    def rows(self) -> Collection[T]:
        """All rows that have been read and are there."""
        return self._rows.values()

    def loaded(self, identity: UUID) -> T | None:
        """A row, or None if it isn't there. Raises LookupError if nobody has loaded it: that is our mistake."""
        row = self._rows.get(identity.int)
        if row is None and identity.int not in self._reads:
            raise LookupError(f"{identity} wasn't loaded")
        return row
