"""Read-your-writes: a request waits until the read models have passed the positions that it names.

docs/design.md, section 6."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from events.error_text import traceback_of
from events.positions import MalformedPosition, Position, parse_positions
from projections.catalog import of_topic
from projections.progress import lowest_offset, next_offsets
from projections.projection import GENERATION
from projections.store.protocol import Store, StoreUnavailable
from web.middleware import add_header
from web.problems import bad_request

MOST_SECONDS = 2.0
POLL_SECONDS = 0.02
MOST_WAITERS = 2000
Partition = tuple[str, int]
logger = logging.getLogger("darkroom.read_your_writes")


class ProjectionWaiter:
    """Waits for positions on behalf of many requests. One task polls the partitions that somebody waits for."""

    def __init__(self, store: Store, most: int = MOST_WAITERS):
        self._store, self._most = store, most
        self._waiters: dict[Partition, set[tuple[int, asyncio.Future[None]]]] = {}
        self._waiting = 0
        self._poller: asyncio.Task[None] | None = None

    async def passed(self, positions: Sequence[Position], timeout: float = MOST_SECONDS) -> bool:  # noqa: ASYNC109 - the answer is False, not TimeoutError
        """Whether every projection has folded all these positions. Waits for it, at most `timeout` seconds.

        False at once if too many requests wait already."""
        if not positions:
            return True
        if self._waiting >= self._most:
            return False
        self._waiting += 1
        entries = [(position, asyncio.get_running_loop().create_future()) for position in positions]
        try:
            for position, future in entries:
                self._waiters.setdefault((position.topic, position.partition), set()).add((position.offset, future))
            if self._poller is None:
                self._poller = asyncio.create_task(self._poll(), name="projection-waiter")
            async with asyncio.timeout(timeout):
                for _, future in entries:
                    await future
            return True
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
            for position, future in entries:
                self._forget((position.topic, position.partition), (position.offset, future))

    def _forget(self, partition: Partition, waiter: tuple[int, asyncio.Future[None]]) -> None:
        if not waiter[1].cancel() and not waiter[1].cancelled():
            waiter[1].exception()  # of several positions' failures the request raises one
        waiters = self._waiters.get(partition, set())
        waiters.discard(waiter)
        if not waiters:
            self._waiters.pop(partition, None)

    async def _poll(self) -> None:
        try:
            while self._waiters:
                await asyncio.gather(*map(self._look, list(self._waiters)))
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._poller = None

    async def _look(self, partition: Partition) -> None:
        try:
            end = await self.projected_offset(*partition)
        except StoreUnavailable:
            return  # the waiting requests time out, and their own reads then say that the store is away
        except Exception as error:
            logger.error("can't read the progress of %s-%s\n%s", *partition, traceback_of(error))
            for _, future in self._waiters.get(partition, set()):
                if not future.done():
                    future.set_exception(error)
            return
        for offset, future in self._waiters.get(partition, set()):
            if offset < end and not future.done():
                future.set_result(None)

    async def projected_offset(self, topic: str, partition: int) -> int:
        """The offset below which all projections have folded a partition."""
        live = [(each.name, GENERATION) for each in of_topic(topic)]
        progress = await next_offsets(self._store, topic, partition)
        return lowest_offset(progress, live) if live else 1 << 62

    async def close(self) -> None:
        """Stops polling."""
        if self._poller is not None:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller


async def wait_for_positions(
    request: Request,
    darkroom_after: Annotated[
        str | SkipJsonSchema[None],
        Header(description="Positions to wait for, from Darkroom-Position.", examples=["photos-3@41,rolls-0@7"]),
    ] = None,
) -> None:
    """Waits for the positions in `Darkroom-After`; sets `Darkroom-Stale: true` if they weren't passed in time.

    Raises Problem 400 for what isn't a position, or names a partition that isn't there."""
    if darkroom_after is None:
        return
    try:
        positions = parse_positions(darkroom_after)
    except MalformedPosition as error:
        raise bad_request(f"Darkroom-After: {error}.") from None
    if not await request.app.state.projection_waiter.passed(positions):
        add_header(request, "Darkroom-Stale", "true")


After = Depends(wait_for_positions)
