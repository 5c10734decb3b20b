"""The lease: what a handler holds for as long as its worker owns the partition that it works on.

A handler that waits or retries does so on its lease, and ends at once with a stop, a revocation or a new assignment,
also in the middle of a call that nobody answers.
(One that retried for ever without it hung its whole consumer group, and ignored SIGTERM for 45 s.)
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self, TypeVar

from events.error_text import described
from events.reachability import Reachability

T = TypeVar("T")
# Many partitions meet one outage: it is said once for all of them. Which server it is, its client says.
stuck = Reachability(logging.getLogger(__name__), "What a handler needs")

FIRST_DELAY = 0.05  # seconds before the first retry
# Seconds; delays double up to here. After a cut this is idle time, of the ten seconds within which partitions are to
# move again; and a vain attempt costs little.
LONGEST_DELAY = 2.0
TOLD_FROM = 4  # attempts, the first second
PROBE_SECONDS = 0.1  # how often a pause looks for itself, where nothing told it that the lease is lost


class LeaseLost(Exception):
    """The worker no longer owns the partition: stop at once, acknowledge nothing, let the next owner do it again."""


def backoff(attempt: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait before retry number `attempt` (from 0): doubling, capped, and spread over half to all of it."""
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt, 16))
    return delay * (0.5 + 0.5 * jitter())


class Lease:
    """One ownership of one partition. It is lost once and for good; the next assignment makes a new one."""

    def __init__(self, probe: Callable[[], bool]) -> None:
        """`probe` answers whether the worker still owns the partition; `lose` says it without being asked."""
        self._probe = probe
        self._lost = asyncio.Event()
        self._calls: set[asyncio.Timeout] = set()  # those under way

    @classmethod
    def of(cls, probe: Callable[[], bool] = lambda: True) -> Self:
        """A lease that depends on nothing but `probe`, for tests and for tools that own what they work on."""
        return cls(probe)

    @property
    def held(self) -> bool:
        """Whether the worker still owns the partition. Once False, always False."""
        if not self._lost.is_set() and not self._probe():
            self.lose()
        return not self._lost.is_set()

    def lose(self) -> None:
        """Ends it now: wakes whatever pauses on it, and cancels the calls under way."""
        self._lost.set()
        calls, self._calls = self._calls, set()
        for call in calls:
            call.reschedule(0.0)

    def check(self) -> None:
        """Raises LeaseLost unless the lease is held."""
        if not self.held:
            raise LeaseLost

    async def pause(self, seconds: float) -> None:
        """Waits. Raises LeaseLost as soon as the lease is lost, and at once if it already is."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            self.check()
            left = end - loop.time()
            if left <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, PROBE_SECONDS)):
                    await self._lost.wait()

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        """What `operation` returns. When the lease is lost, it is cancelled at once, and LeaseLost raised.

        As with a crash, what it had sent may be done or not: the next owner does the batch again."""
        self.check()
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._calls.add(limit)
                try:
                    return await operation()
                finally:
                    self._calls.discard(limit)
        except TimeoutError:
            if limit.expired():
                raise LeaseLost from None
            raise

    async def retry(
        self,
        operation: Callable[[], Awaitable[T]],
        *,
        transient: Callable[[Exception], bool],
        jitter: Callable[[], float] = random.random,
    ) -> T:
        """Calls `operation`, and again for as long as the lease is held and its error is `transient`.

        Waits 0.05 s, doubling up to 2 s, between attempts. Whoever looks for why a partition stands still finds the
        error in the log from the fourth attempt on (1 s), at a decreasing rate. Raises LeaseLost when the lease is
        lost, and unchanged every error that isn't transient.
        """
        attempt = 0
        while True:
            try:
                found = await self.call(operation)
            except LeaseLost:
                raise
            except Exception as error:
                if not transient(error):
                    raise
                if attempt >= TOLD_FROM:
                    stuck.failed(described(error), "isn't there")
            else:
                stuck.answered()
                return found
            await self.pause(backoff(attempt, jitter))
            attempt += 1
