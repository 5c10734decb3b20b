"""Rows by id, for the time of one request: many are read at once, and each of them once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


class Loader(Generic[T]):
    """Reads rows of one kind by id. A row that was read, or is being read, isn't read again."""

    def __init__(self, read: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, T]]]):
        """`read`: reads many rows with one request; what it leaves out isn't there."""
        self._read = read
        self._rows: dict[UUID, T] = {}
        self._reads: dict[UUID, asyncio.Future[None]] = {}  # by each id, the read that brings its row

    async def load(self, ids: Collection[UUID]) -> None:
        """Reads those of the rows that nobody has asked for yet, and waits for all of them.

        A failure is raised to everybody who waits for one of the rows."""
        new = [each for each in dict.fromkeys(ids) if each not in self._reads]
        if new:
            await self._load(new)
        for read in {self._reads[each] for each in ids}:
            await read

    async def _load(self, new: list[UUID]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reads.update(dict.fromkeys(new, done))
        try:
            self._rows.update(await self._read(new))
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
        self._reads[identity], self._rows[identity] = done, row

    def rows(self) -> Collection[T]:
        """All rows that have been read and are there."""
        return self._rows.values()

    def loaded(self, identity: UUID) -> T | None:
        """A row, or None if it isn't there. Raises LookupError if nobody has loaded it: that is our mistake."""
        row = self._rows.get(identity)
        if row is None and identity not in self._reads:
            raise LookupError(f"{identity} wasn't loaded")
        return row
