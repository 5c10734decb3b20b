"""Says in a process's log what it can't reach: at once, then at a decreasing rate, and when it answers again."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from events.settings import Settings

FIRST_SECONDS = 10.0  # until it is said a second time
LONGEST_SECONDS = 600.0  # between two times; the pause doubles up to here
RETRY_SECONDS = 1.0  # between two attempts to reach what a process waits for
UNREACHABLE, REFUSES, NOT_SET_UP = "can't be reached", "answers, but refuses", "isn't set up yet"
T = TypeVar("T")


class Reachability:
    """What is known of one server: `failed` after each attempt that it didn't answer, `answered` after one it did.

    Any thread may call both; `answered` costs next to nothing while nothing is wrong. A server that fails and answers
    by turns is said at the same decreasing rate as one that is gone."""

    def __init__(self, logger: logging.Logger, what: str, now: Callable[[], float] = time.monotonic) -> None:
        """`what`: the server's name and address, such as `Cassandra at 127.0.0.1:9042`."""
        self.what = what
        self._logger, self._now = logger, now
        self._lock = threading.Lock()
        self._since: float | None = None  # when it failed first; None while it answers
        self._attempts = 0
        self._said = False  # of this failure
        self._rates: dict[str, tuple[float, float]] = {}  # how it fails → when to say that next, and the pause after it

    @property
    def failing(self) -> bool:
        """Whether its last attempt failed."""
        return self._attempts > 0

    def failed(self, error: BaseException | str, how: str = UNREACHABLE) -> None:
        """Notes an attempt that failed, and says so unless that was said a moment ago. `how` follows the name."""
        why = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        with self._lock:
            now = self._now()
            self._attempts += 1
            if self._since is None:
                self._since, self._said = now, False
            following, pause = self._rates.get(how, (now, FIRST_SECONDS))
            if now < following:
                return
            if now > following + pause:
                pause = FIRST_SECONDS  # it didn't fail so for so long that the rate begins anew
            self._rates[how] = (now + pause, min(2 * pause, LONGEST_SECONDS))
            if self._attempts == 1:
                self._logger.warning("%s %s: %s", self.what, how, why)
            else:
                counted = (self.what, how, now - self._since, self._attempts, why)
                self._logger.warning("%s %s for %.0f s (%d attempts): %s", *counted)
            self._said = True

    def answered(self) -> None:
        """Notes that it answered, and says so if it was said that it didn't."""
        if not self._attempts:  # without the lock, as nearly always
            return
        with self._lock:
            if self._since is not None and self._said:
                self._logger.warning("%s answers again, after %.0f s", self.what, self._now() - self._since)
            self._since, self._attempts = None, 0

    async def until(
        self, attempt: Callable[[], Awaitable[T]], away: type[Exception], lacking: type[Exception] | tuple[()] = ()
    ) -> T:
        """Returns what an attempt returns, for as long as that takes.

        The next attempt follows after an error `away`, and after `lacking`: it answers, and lacks what we need."""
        while True:
            try:
                found = await attempt()
            except lacking as error:
                self.failed(error, NOT_SET_UP)
            except away as error:
                self.failed(error)
            else:
                self.answered()
                return found
            await asyncio.sleep(RETRY_SECONDS)


@cache
def reachability(what: str) -> Reachability:
    """The process's one Reachability of a server, for all of its clients."""
    return Reachability(logging.getLogger("darkroom.reachability"), what)


def of_kafka(settings: Settings) -> Reachability:
    """Kafka's."""
    return reachability(f"Kafka at {settings.bootstrap}")


def of_registry(settings: Settings) -> Reachability:
    """The schema registry's."""
    return reachability(f"The schema registry at {settings.registry_url}")


def of_object_store(settings: Settings) -> Reachability:
    """The object store's."""
    return reachability(f"The object store at {settings.s3_url}")
