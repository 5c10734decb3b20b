"""An event loop whose clock tests move: whoever sleeps wakes at once, and it is as late as they wanted it to be."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Travelling(asyncio.SelectorEventLoop):
    """Its time stands still while there is work, and then goes to the next thing that is due."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        """The loop's own time, in seconds; it begins at 0."""
        return self.now

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        if not ready and scheduled:
            self.now = max(self.now, scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def travel(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a test's coroutine in a loop of its own, through hours in no time."""
    with asyncio.Runner(loop_factory=Travelling) as runner:
        return runner.run(coroutine)


def clock() -> float:
    """What time it is in the running loop."""
    return asyncio.get_running_loop().time()
