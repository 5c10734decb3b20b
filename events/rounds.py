"""Rounds: what many ask for at about the same time is read at once, and no answer is older than its question."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Rounds(Generic[K, V]):
    """Reads on behalf of many in one event loop, a round after the other.

    Whoever asks while a round is being read is answered by the next, which reads each key once, however many ask for
    it. So an answer was always read after it was asked for."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], interval: float = 0.0):
        """`read`: reads all keys of a round. `interval`: the least seconds between the beginnings of two rounds."""
        self._read, self._interval = read, interval
        self._one_at_a_time = asyncio.Lock()
        self._keys: dict[K, None] = {}  # of the next round
        self._next: asyncio.Task[Mapping[K, V]] | None = None
        self._began = -math.inf

    async def ask(self, keys: Iterable[K]) -> Mapping[K, V]:
        """Returns what the next round finds, for these keys at least. Raises what its read raises."""
        self._keys.update(dict.fromkeys(keys))
        if self._next is None or self._next.done():
            self._next = asyncio.create_task(self._round(), name="round")
            self._next.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who asked may be gone
        return await asyncio.shield(self._next)

    async def _round(self) -> Mapping[K, V]:
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time
            await asyncio.sleep(max(0.0, self._began + self._interval - now()))
            self._began = now()
            keys, self._keys, self._next = list(self._keys), {}, None
            return await self._read(keys)
