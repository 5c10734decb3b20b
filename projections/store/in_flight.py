"""Sends requests to Cassandra, a bounded number at a time, without a task, a semaphore or a wake-up for each.

A worker makes tens of thousands of requests a second; docs/performance.md has what this saves. Several apps share a
process: those that have more to send than there is room for are served in turn, a request each, so that the backlog of
one delays no other. What is urgent, such as `progress`, goes before everybody's others."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

from cassandra.cluster import Session

from projections.store.turns import CALLER, Build, Callback, Rows, Turns, Waiting

A_TURN = 64  # responses that are taken over before the loop has its turn: some milliseconds


class Pipeline:
    """The requests of one event loop. `send` is called in that loop, and callbacks are too."""

    def __init__(self, session: Session, limit: int, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self._session, self._limit = session, limit
        self.sent = 0  # requests
        self._in_flight = 0
        self._turns = Turns()
        self._responses: deque[tuple[Callback, Rows, Exception | None]] = deque()  # the driver's thread appends
        self._wakeup_due = False  # one wake-up of the loop serves all responses that arrive until then

    def send(
        self,
        build: Build,
        callback: Callback,
        waiter: "asyncio.Future[Any]",
        node: Any = None,
        *,
        urgent: bool = False,
    ) -> None:
        """Sends a request as soon as there is room for it and it is its turn, unless `waiter` is done (cancelled) by
        then.

        `node`: the driver's Host to send it to, and to no other."""
        if self._in_flight < self._limit and not self._turns:
            self._start(build, callback, node)
        else:
            self._turns.add(Waiting(build, callback, waiter, node), CALLER.get(), urgent=urgent)
            self._start_waiting()

    def _start_waiting(self) -> None:
        while self._in_flight < self._limit and self._turns:
            request = self._turns.take()
            if not request.waiter.done():
                self._start(request.build, request.callback, request.node)

    def _start(self, build: Build, callback: Callback, node: Any) -> None:
        try:
            response = self._session.execute_async(build(), host=node)
        except Exception as error:
            callback([], error)
            return
        self._in_flight += 1
        self.sent += 1
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
        for _ in range(A_TURN):
            if not self._responses:
                return
            callback, rows, error = self._responses.popleft()
            self._in_flight -= 1
            callback(rows, error)
            self._start_waiting()
        if self._responses and not self._wakeup_due:  # the rest when others have had their turn
            self._wakeup_due = True
            self.loop.call_soon(self._deliver)


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
