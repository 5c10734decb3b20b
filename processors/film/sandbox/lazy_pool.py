"""A pool whose processes start with the first photo."""

import asyncio
from datetime import date
from uuid import UUID

from processors.film.outcome import Outcome
from processors.film.sandbox.pool import Pool


class LazyPool:
    """A Pool that is opened when it is first needed, inside the event loop that uses it.

    A pool that can't be opened (the machine is out of memory) is opened with a later photo."""

    def __init__(self, pool: Pool):
        self._pool, self._opening, self._open = pool, asyncio.Lock(), False

    async def filter(self, photo_id: UUID, data: bytes, taken_on: date) -> Outcome:
        """See Pool."""
        async with self._opening:
            if not self._open:
                await self._pool.__aenter__()
                self._open = True
        return await self._pool.filter(photo_id, data, taken_on)
