"""Requests to Cassandra, a bounded number at a time, without a task, a semaphore or a wake-up for each: a worker makes
tens of thousands a second of them look like one future (docs/performance.md has what that saves)."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cassandra.cluster import Session

Rows = list[tuple[Any, ...]]
Build = Callable[[], Any]  # makes the driver's request; what it raises is the answer
Settle = Callable[[Rows, Exception | None], None]


class Flights:
    """The requests of one event loop. `send` is called in it, and `settle` is too."""

    def __init__(self, session: Session, most: int, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self._session, self._most = session, most
        self._flying = 0
        self._waiting: deque[tuple[Build, Settle, asyncio.Future[Any]]] = deque()
        self._answers: deque[tuple[Settle, Rows, Exception | None]] = deque()  # the driver's thread appends
        self._called = False  # whether `_land` is due: one wake-up for all answers that arrive until then

    def send(self, build: Build, settle: Settle, wanted: "asyncio.Future[Any]") -> None:
        """Sends a request when there is room for it, unless by then nobody waits for `wanted` any more."""
        if self._flying < self._most:
            self._start(build, settle)
        else:
            self._waiting.append((build, settle, wanted))

    def _start(self, build: Build, settle: Settle) -> None:
        try:
            response = self._session.execute_async(build())
        except Exception as error:
            settle([], error)
            return
        self._flying += 1
        response.add_callbacks(self._answered, self._failed, callback_args=(settle,), errback_args=(settle,))

    def _answered(self, rows: Any, settle: Settle) -> None:
        self._arrived(settle, rows or [], None)

    def _failed(self, error: Exception, settle: Settle) -> None:
        self._arrived(settle, [], error)

    def _arrived(self, settle: Settle, rows: Rows, error: Exception | None) -> None:
        # In the driver's thread. `_land` takes back `_called` before it looks, so what was appended is always seen.
        self._answers.append((settle, rows, error))
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
                self.loop.call_soon_threadsafe(self._land)

    def _land(self) -> None:
        self._called = False
        while self._answers:
            settle, rows, error = self._answers.popleft()
            self._flying -= 1
            settle(rows, error)
            while self._waiting and self._flying < self._most:
                build, following, wanted = self._waiting.popleft()
                if not wanted.done():
                    self._start(build, following)


class Several:
    """What a number of requests come to: one future, done when all are answered, with the failures."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop):
        self.future: asyncio.Future[list[Exception]] = loop.create_future()
        self._left = number
        self._failures: list[Exception] = []

    def settle(self, _: Rows, error: Exception | None) -> None:
        """One of them is answered."""
        if error is not None:
            self._failures.append(error)
        self._left -= 1
        if not self._left and not self.future.done():
            self.future.set_result(self._failures)
