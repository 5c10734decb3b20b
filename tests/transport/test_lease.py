"""A lease ends whatever waits on it, and keeps trying what may still work."""

import asyncio
import logging
import re
import time
from itertools import count

import pytest

from events.reachability import Reachability
from processors.transport.lease import FIRST_DELAY, LONGEST_DELAY, Lease, LeaseLost, backoff

pytestmark = pytest.mark.anyio


class Down(Exception):
    """The database is down."""


def is_down(error: Exception) -> bool:
    return isinstance(error, Down)


def test_it_is_held_until_it_is_lost_and_never_again() -> None:
    holds = True
    lease = Lease.of(lambda: holds)
    assert lease.held
    holds = False
    assert not lease.held
    holds = True
    assert not lease.held


def test_a_pause_lasts_as_long_as_it_says() -> None:
    began = time.monotonic()
    asyncio.run(Lease.of().pause(0.02))
    assert time.monotonic() - began >= 0.02


def test_a_pause_ends_when_the_lease_is_lost() -> None:
    async def body() -> None:
        lease = Lease.of()
        asyncio.get_running_loop().call_later(0.01, lease.lose)
        with pytest.raises(LeaseLost):
            await lease.pause(60)

    asyncio.run(asyncio.wait_for(body(), 5))


def test_a_pause_notices_by_itself_that_the_lease_is_lost() -> None:
    async def body() -> None:
        asked = 0

        def probe() -> bool:
            nonlocal asked
            asked += 1
            return asked < 3

        with pytest.raises(LeaseLost):
            await Lease.of(probe).pause(60)

    asyncio.run(asyncio.wait_for(body(), 5))


def test_a_pause_under_a_lost_lease_does_not_begin() -> None:
    lease = Lease.of(lambda: False)
    with pytest.raises(LeaseLost):
        asyncio.run(lease.pause(60))


def test_a_retry_goes_on_until_it_works_and_says_now_and_then_why_not_yet(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.transport.lease.LONGEST_DELAY", 0.001)
    attempts, seconds = count(), count()

    async def write() -> str:
        if next(attempts) < 20:
            raise Down("no answer")
        return "written"

    stuck = Reachability(logging.getLogger("lease"), "What a handler needs", lambda: 10.0 * next(seconds))
    monkeypatch.setattr("processors.transport.lease.stuck", stuck)
    assert asyncio.run(Lease.of().retry(write, transient=is_down)) == "written"
    assert next(attempts) == 21
    said = [re.sub("Down in .*", "Down", record.message) for record in caplog.records]  # and where it was raised
    assert said == [  # from the fifth on, each 10 s after the one before
        "What a handler needs isn't there: Down",
        "What a handler needs isn't there for 10 s (2 attempts): Down",
        "What a handler needs isn't there for 30 s (4 attempts): Down",
        "What a handler needs isn't there for 70 s (8 attempts): Down",
        "What a handler needs isn't there for 150 s (16 attempts): Down",
        "What a handler needs answers again, after 160 s",
    ]


def test_a_retry_raises_what_no_retry_can_mend() -> None:
    async def write() -> None:
        raise ValueError("too large")

    with pytest.raises(ValueError, match="too large"):
        asyncio.run(Lease.of().retry(write, transient=is_down))


def test_a_retry_ends_with_the_lease() -> None:
    async def body() -> None:
        lease = Lease.of()

        async def write() -> None:
            lease.lose()
            raise Down

        with pytest.raises(LeaseLost):
            await lease.retry(write, transient=is_down)

    asyncio.run(asyncio.wait_for(body(), 5))


async def test_a_call_that_nobody_answers_ends_when_the_lease_is_lost() -> None:
    lease = Lease.of()
    asyncio.get_running_loop().call_later(0.01, lease.lose)
    async with asyncio.timeout(5):
        with pytest.raises(LeaseLost):
            await lease.retry(lambda: asyncio.sleep(60), transient=is_down)


async def test_calls_within_calls_end_too_and_nothing_stays_cancelled() -> None:
    lease = Lease.of()
    asyncio.get_running_loop().call_later(0.01, lease.lose)

    async def both() -> None:
        await asyncio.gather(lease.call(lambda: asyncio.sleep(60)), lease.call(lambda: asyncio.sleep(60)))

    async with asyncio.timeout(5):
        with pytest.raises(LeaseLost):
            await lease.call(lambda: lease.retry(both, transient=is_down))
        await asyncio.sleep(0)  # would raise, if the task were still to be cancelled


async def test_a_call_may_time_out_by_itself() -> None:
    async def slow() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await Lease.of().call(slow)


async def test_a_call_that_is_cancelled_from_outside_is_cancelled() -> None:
    task = asyncio.create_task(Lease.of().call(lambda: asyncio.sleep(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_lost_lease_is_not_mistaken_for_a_transient_error() -> None:
    async def write() -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        asyncio.run(Lease.of().retry(write, transient=lambda _: True))


def test_delays_double_to_a_cap_and_are_spread() -> None:
    longest = [backoff(attempt, lambda: 1.0) for attempt in range(12)]
    assert longest[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert longest[-1] == backoff(10**9, lambda: 1.0) == LONGEST_DELAY
    assert backoff(4, lambda: 0.0) == longest[4] / 2


class Recording(Lease):
    """A lease whose pauses take no time; how long each would have been is kept, in seconds."""

    def __init__(self) -> None:
        super().__init__(lambda: True)
        self.paused: list[float] = []

    async def pause(self, seconds: float) -> None:
        """See Lease."""
        self.paused.append(seconds)


async def test_each_attempt_waits_twice_as_long_as_the_one_before_up_to_two_seconds() -> None:
    lease, failures = Recording(), [Down()] * 9

    async def operation() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert await lease.retry(operation, transient=is_down, jitter=lambda: 1.0) == "done"
    assert lease.paused == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
