"""Sends requests to Cassandra, a bounded number at a time, without a task, a semaphore or a wake-up for each.

A worker makes tens of thousands of requests a second; docs/performance.md has what this saves."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cassandra.cluster import Session

Rows = list[tuple[Any, ...]]
Build = Callable[[], Any]  # makes the driver's request; an exception of its own is handed to the callback
Callback = Callable[[Rows, Exception | None], None]


class Pipeline:
    """The requests of one event loop. `send` is called in that loop, and callbacks are too."""

    def __init__(self, session: Session, limit: int, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self._session, self._limit = session, limit
        self._in_flight = 0
        self._queue: deque[tuple[Build, Callback, asyncio.Future[Any], Any]] = deque()
        self._responses: deque[tuple[Callback, Rows, Exception | None]] = deque()  # the driver's thread appends
        self._wakeup_due = False  # one wake-up of the loop serves all responses that arrive until then

    def send(self, build: Build, callback: Callback, waiter: "asyncio.Future[Any]", node: Any = None) -> None:
        """Sends a request as soon as there is room for it, unless `waiter` is done (cancelled) by then.

        `node`: the driver's Host to send it to, and to no other."""
        if self._in_flight < self._limit:
            self._start(build, callback, node)
        else:
            self._queue.append((build, callback, waiter, node))

    def _start(self, build: Build, callback: Callback, node: Any) -> None:
        try:
            response = self._session.execute_async(build(), host=node)
        except Exception as error:
            callback([], error)
            return
        self._in_flight += 1
        response.add_callbacks(self._on_rows, self._on_error, callback_args=(callback,), errback_args=(callback,))

    def _on_rows(self, rows: Any, callback: Callback) -> None:
        self._receive(callback, rows or [], None)

    def _on_error(self, error: Exception, callback: Callback) -> None:
        self._receive(callback, [], error)

    def _receive(self, callback: Callback, rows: Rows, error: Exception | None) -> None:
        # In the driver's thread. `_deliver` clears `_wakeup_due` before it looks, so it always sees what was appended.
        self._responses.append((callback, rows, error))
        if not self._wakeup_due:
            self._wakeup_due = True
            with suppress(RuntimeError):  # the loop is closed, so nobody waits any more
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._wakeup_due = False
        while self._responses:
            callback, rows, error = self._responses.popleft()
            self._in_flight -= 1
            callback(rows, error)
            while self._queue and self._in_flight < self._limit:
                build, next_callback, waiter, node = self._queue.popleft()
                if not waiter.done():
                    self._start(build, next_callback, node)


class Completion:
    """The completion of a number of requests: a future, done with the failures once all have a response."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop):
        self.future: asyncio.Future[list[Exception]] = loop.create_future()
        self._left = number
        self._failures: list[Exception] = []

    def count_down(self, _: Rows, error: Exception | None) -> None:
        """Takes the response to one of the requests. A Callback."""
        if error is not None:
            self._failures.append(error)
        self._left -= 1
        if not self._left and not self.future.done():
            self.future.set_result(self._failures)
