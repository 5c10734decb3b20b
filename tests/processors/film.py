"""A film pool that develops nothing: it gives the outcomes that a test prepared."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Self
from uuid import UUID

from processors.film.outcome import Filtered, Rejected, Variant
from processors.film.sandbox.child import WorkerLost, WorkerNotStarted
from processors.film.sandbox.pool import Pool

FILTERED = Filtered(
    variants={
        "full": Variant(b"the full size", 2048, 1536),
        "feed": Variant(b"the feed's size", 1080, 810),
        "thumb": Variant(b"the thumb", 320, 240),
    },
    blurhash="LEHV6nWB2yk8",
    version="look-1",
)


class PreparedPool(Pool):
    """See Pool. It must be open, and as long as `unable` to start its workers it isn't.

    `losing`: how often a photo's worker will still be lost."""

    def __init__(self, outcomes: Mapping[UUID, Filtered | Rejected]) -> None:
        super().__init__()
        self.outcomes = outcomes
        self.opened, self.unable = 0, 0
        self.losing: dict[UUID, int] = {}
        self.asked: list[tuple[UUID, bytes, date]] = []
        self.at_work, self.most_at_work = 0, 0

    async def __aenter__(self) -> Self:
        await asyncio.sleep(0)
        if self.unable:
            self.unable -= 1
            raise WorkerNotStarted("no memory for a process")
        self.opened += 1
        return self

    async def filter(self, photo_id: UUID, data: bytes, taken_on: date) -> Filtered | Rejected:
        """See Pool."""
        assert self.opened == 1
        self.asked.append((photo_id, data, taken_on))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        for _ in range(3):
            await asyncio.sleep(0)
        self.at_work -= 1
        if self.losing.get(photo_id, 0):
            self.losing[photo_id] -= 1
            raise WorkerLost("was ended by SIGKILL")
        return self.outcomes[photo_id]
