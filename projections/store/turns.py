"""Whose turn it is to send a request, where there is no room for all."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

Rows = list[tuple[Any, ...]]
Build = Callable[[], Any]  # makes the driver's request; an exception of its own is handed to the callback
Callback = Callable[[Rows, Exception | None], None]

# On whose behalf this task sends: an app's name.
CALLER: ContextVar[str] = ContextVar("caller", default="")


class Waiting(NamedTuple):
    """A request that there was no room for."""

    build: Build
    callback: Callback
    waiter: "asyncio.Future[Any]"
    node: Any


class Turns:
    """The requests that wait: urgent ones first, and then one of each caller in turn."""

    def __init__(self) -> None:
        self._urgent: deque[Waiting] = deque()
        self._of: dict[str, deque[Waiting]] = {}  # by caller; whose turn is next comes first

    def __len__(self) -> int:
        return len(self._urgent) + sum(map(len, self._of.values()))

    def __bool__(self) -> bool:
        return bool(self._urgent or self._of)

    def add(self, request: Waiting, caller: str, *, urgent: bool) -> None:
        """Has a request wait."""
        if urgent:
            self._urgent.append(request)
        else:
            self._of.setdefault(caller, deque()).append(request)

    def take(self) -> Waiting:
        """Whose turn it is. Raises StopIteration if nothing waits."""
        if self._urgent:
            return self._urgent.popleft()
        caller = next(iter(self._of))
        queue = self._of.pop(caller)
        request = queue.popleft()
        if queue:
            self._of[caller] = queue  # at the end
        return request
