"""Filters photos in worker processes, each of which can be killed at any moment without losing another photo."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from types import TracebackType
from uuid import UUID

from processors.film.limits import LIMITS, Limits
from processors.film.outcome import Outcome, Reason, Rejected
from processors.film.sandbox.child import Child, WorkerLost

WORKER = ("-m", "processors.film.sandbox.worker")
_ATTEMPTS = 2


class PoolClosed(RuntimeError):
    """The pool was closed before the photo was filtered: it says nothing about the photo."""


class Pool:
    """A number of workers, each a process that filters one photo at a time, within limits.

        async with Pool(workers=2) as pool:
            outcome = await pool.filter(photo_id, data, taken_on)

    `filter` may be called from any number of tasks of one event loop; they wait for a free worker in turn.
    """

    def __init__(self, workers: int = 2, limits: Limits = LIMITS, program: Sequence[str] = WORKER) -> None:
        self._limits, self._program, self._size = limits, program, workers
        # A slot for each worker: the idle worker itself, or None where one has still to be started.
        self._slots: asyncio.Queue[Child | None] = asyncio.Queue()
        self._running: set[Child] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Pool:
        self._closed, self._slots = False, asyncio.Queue()  # a pool that couldn't start may be opened again
        try:
            for child in await asyncio.gather(*(self._start() for _ in range(self._size)), return_exceptions=True):
                if isinstance(child, BaseException):
                    raise child  # now that all have started or failed: none is left behind
                self._slots.put_nowait(child)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> frozenset[int]:
        """The process ids of the workers that run now."""
        return frozenset(child.pid for child in self._running)

    async def close(self) -> None:
        """Ends all workers, and returns when they have ended. Photos in work raise PoolClosed."""
        self._closed = True
        for child in list(self._running):
            self._discard(child)
        await asyncio.gather(*self._ending)

    async def filter(self, photo_id: UUID, data: bytes, taken_on: date) -> Outcome:
        """Filters a photo (see `filter_photo`) in a worker.

        A photo is rejected for what it did itself: it used up the CPU time of its limits, or crashed two workers. One
        that loses its worker is tried once more in a new one. Raises, and says nothing about the photo:

        - WorkerLost: a worker was killed from outside (by the kernel, when memory runs out), or was frozen until the
          wall time was over, or failed in a way that the film doesn't know
        - WorkerNotStarted: there can be no worker now
        - PoolClosed: the pool is closed

        A cancelled call kills its worker.
        """
        if not data:
            return Rejected.because(Reason.EMPTY)
        if len(data) > self._limits.upload_bytes:
            return Rejected.because(Reason.TOO_MANY_BYTES)
        child = await self._slots.get()
        idle: Child | None = None
        losses: list[WorkerLost] = []
        try:
            while len(losses) < _ATTEMPTS:
                if self._closed:
                    raise PoolClosed
                child = child or await self._start()
                try:
                    outcome = await child.filter(photo_id, data, taken_on)
                except WorkerLost as lost:
                    if lost.suspects is Reason.TOO_LONG:
                        return Rejected.because(Reason.TOO_LONG)
                    losses.append(lost)
                    self._discard(child)
                    child = None
                else:
                    idle = child
                    return outcome
            if self._closed:
                raise PoolClosed
            if all(lost.suspects is Reason.UNDEVELOPABLE for lost in losses):
                return Rejected.because(Reason.UNDEVELOPABLE)
            raise losses[-1]
        finally:
            if child is not None and idle is None:
                self._discard(child)
            self._slots.put_nowait(idle)

    async def _start(self) -> Child:
        child = await Child.start(self._program, self._limits)
        self._running.add(child)
        if self._closed:
            self._discard(child)
            raise PoolClosed
        return child

    def _discard(self, child: Child) -> None:
        """Kills a worker, and waits for its end in the background; its slot starts another when it is needed."""
        child.kill()
        if child in self._running:
            self._running.discard(child)
            end = asyncio.ensure_future(child.wait())
            self._ending.add(end)
            end.add_done_callback(self._ending.discard)
