"""Read-your-writes: a request waits until the read models have passed the positions that it names.

It learns a moment too, at which they were known to have been passed: whoever reads through a cache may be given only
what was read after it. docs/design.md, section 6."""

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Depends, Header
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from events.error_text import traceback_of
from events.positions import MalformedPosition, Position, parse_positions
from events.topics import Partitioning
from projections.catalog import of_topic
from projections.progress import lowest_offset
from projections.progress_poller import Place, ProgressPoller, Rows
from projections.projection import GENERATION
from projections.store.protocol import Store, StoreUnavailable
from web.middleware import add_header
from web.problems import bad_request

MOST_SECONDS = 2.0
MOST_WAITERS = 2000
MOST_MOMENTS = 256  # remembered of a partition: five seconds' polls, more than a cache keeps anything
LONG_AGO = -math.inf  # a moment before everything: any row will do
logger = logging.getLogger("darkroom.read_your_writes")


class PassedMoments:
    """Since when it is known of one partition how far all projections have folded it.

    Of what is too long ago to be remembered, it is known since the first moment that is."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, float]] = deque(maxlen=MOST_MOMENTS)  # (next offset, moment), both rising

    def learn(self, end: int, moment: float) -> None:
        """Everything below `end` is folded, as is known at a moment.

        If it was known to be further, the database has lost that: it is forgotten, and holds again once it is seen."""
        while self._known and self._known[-1][0] > end:
            self._known.pop()
        if not self._known or self._known[-1][0] < end:
            self._known.append((end, moment))

    def since(self, offset: int) -> float | None:
        """The moment since when the offset is known to be folded, or None if it isn't."""
        return next((moment for end, moment in self._known if offset < end), None)


class ProjectionWaiter:
    """Waits for positions on behalf of many requests. One task looks at the partitions that somebody waits for."""

    def __init__(self, store: Store, most: int = MOST_WAITERS, clock: Callable[[], float] = time.monotonic):
        self._store, self._poller, self._most, self.clock = store, ProgressPoller(store), most, clock
        self._waiters: dict[Place, set[tuple[int, asyncio.Future[float]]]] = {}
        self._moments: dict[Place, PassedMoments] = {}
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    @property
    def partitioning(self) -> Partitioning:
        """How the log is divided that positions are of."""
        return self._store.partitioning

    async def passed(self, positions: Sequence[Position], timeout: float = MOST_SECONDS) -> bool:  # noqa: ASYNC109 - the answer is False, not TimeoutError
        """Whether every projection has folded all these positions. Waits for it, at most `timeout` seconds.

        False at once if too many requests wait already."""
        return await self.passed_since(positions, timeout) is not None

    async def passed_since(self, positions: Sequence[Position], timeout: float = MOST_SECONDS) -> float | None:  # noqa: ASYNC109 - the answer is None, not TimeoutError
        """The moment since when every projection is known to have folded all these positions, as `passed` waits for it.

        It is a reading of `clock`, and the same one whenever it is asked; None if they weren't passed in time. A read
        that begins after it finds all that they wrote."""
        if not positions:
            return LONG_AGO
        if self._waiting >= self._most:
            return None
        self._waiting += 1
        entries = [(position, asyncio.get_running_loop().create_future()) for position in positions]
        try:
            for position, future in entries:
                self._waiters.setdefault((position.topic, position.partition), set()).add((position.offset, future))
            if self._looking is None:
                self._looking = asyncio.create_task(self._look(), name="projection-waiter")
            async with asyncio.timeout(timeout):
                return max([await future for _, future in entries])
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
            for position, future in entries:
                self._forget((position.topic, position.partition), (position.offset, future))

    def _forget(self, place: Place, waiter: tuple[int, asyncio.Future[float]]) -> None:
        if not waiter[1].cancel() and not waiter[1].cancelled():
            waiter[1].exception()  # of several positions' failures the request raises one
        waiters = self._waiters.get(place, set())
        waiters.discard(waiter)
        if not waiters:
            self._waiters.pop(place, None)

    async def _look(self) -> None:
        try:
            while places := [place for place in self._waiters if self._waiting_at(place)]:
                try:
                    found = await self._poller.look(places)
                except StoreUnavailable:
                    continue  # the waiting requests time out, and their own reads then say that the store is away
                except Exception as error:
                    self._fail(places, error)
                    continue
                for place in places:
                    self._learn(place, found[place])
        finally:
            self._looking = None

    def _waiting_at(self, place: Place) -> list[tuple[int, asyncio.Future[float]]]:
        return [(offset, future) for offset, future in self._waiters.get(place, ()) if not future.done()]

    def _fail(self, places: Sequence[Place], error: Exception) -> None:
        """Tells those who wait for some partitions that their progress can't be read."""
        names = ", ".join(f"{topic}-{partition}" for topic, partition in places)
        logger.error("can't read the progress of %s\n%s", names, traceback_of(error))
        for place in places:
            for _, future in self._waiting_at(place):
                future.set_exception(error)

    def _learn(self, place: Place, rows: Rows) -> None:
        """Answers those who wait for no more than is folded, as is known now."""
        moments = self._moments.setdefault(place, PassedMoments())
        moments.learn(projected_offset(place[0], rows), self.clock())
        for offset, future in self._waiting_at(place):
            moment = moments.since(offset)
            if moment is not None:
                future.set_result(moment)

    async def close(self) -> None:
        """Ends the looks."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking


def projected_offset(topic: str, rows: Rows) -> int:
    """The offset below which all projections have folded a partition of a topic, whose progress this is."""
    live = [(each.name, GENERATION) for each in of_topic(topic)]
    return lowest_offset({name: row.offset or 0 for name, row in rows.items()}, live) if live else 1 << 62


async def wait_for_positions(
    request: Request,
    darkroom_after: Annotated[
        str | SkipJsonSchema[None],
        Header(description="Positions to wait for, from Darkroom-Position.", examples=["photos-3@41,rolls-0@7"]),
    ] = None,
) -> float:
    """Waits for the positions in `Darkroom-After`; sets `Darkroom-Stale: true` if they weren't passed in time.

    Returns the moment (of the waiter's clock) after which a row must have been read to be shown: since when they are
    known to have been passed; now, if they weren't; LONG_AGO without the header. Raises Problem 400 for what isn't a
    position, or names a partition that isn't there."""
    if darkroom_after is None:
        return LONG_AGO
    waiter: ProjectionWaiter = request.app.state.projection_waiter
    try:
        positions = parse_positions(darkroom_after, waiter.partitioning)
    except MalformedPosition as error:
        raise bad_request(f"Darkroom-After: {error}.") from None
    moment = await waiter.passed_since(positions)
    if moment is not None:
        return moment
    add_header(request, "Darkroom-Stale", "true")
    return waiter.clock()


After = Depends(wait_for_positions)
