"""Says in a process's log what it can't reach: at once, then at a decreasing rate, and when it answers again."""

import logging
import threading
import time
from collections.abc import Callable

FIRST_SECONDS = 10.0  # until it is said a second time
LONGEST_SECONDS = 600.0  # between two times; the pause doubles up to here


class Reachability:
    """What is known of one server: `failed` after each attempt that it didn't answer, `answered` after one it did.

    Any thread may call both; `answered` costs next to nothing while nothing is wrong."""

    def __init__(self, logger: logging.Logger, what: str, now: Callable[[], float] = time.monotonic) -> None:
        """`what`: the server's name and address, such as `Cassandra at 127.0.0.1:9042`."""
        self._logger, self._what, self._now = logger, what, now
        self._lock = threading.Lock()
        self._since: float | None = None  # when it failed first; None while it answers
        self._attempts = 0
        self._pause = FIRST_SECONDS
        self._next = 0.0

    def failed(self, error: BaseException | str) -> None:
        """Notes an attempt that failed, and says so unless that was said a moment ago."""
        why = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        with self._lock:
            now = self._now()
            self._attempts += 1
            if self._since is None:
                self._since, self._next, self._pause = now, now + FIRST_SECONDS, FIRST_SECONDS
                self._logger.warning("%s can't be reached: %s", self._what, why)
            elif now >= self._next:
                self._pause = min(2 * self._pause, LONGEST_SECONDS)
                self._next = now + self._pause
                counted = (self._what, now - self._since, self._attempts, why)
                self._logger.warning("%s can't be reached for %.0f s (%d attempts): %s", *counted)

    def answered(self) -> None:
        """Notes that it answered, and says so if it didn't before."""
        if not self._attempts:  # without the lock, as nearly always
            return
        with self._lock:
            if self._since is not None:
                self._logger.warning("%s answers again, after %.0f s", self._what, self._now() - self._since)
            self._since, self._attempts = None, 0
