"""Starts, uses and ends one worker process: the parent's side of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from uuid import UUID

from processors.film.limits import Limits
from processors.film.outcome import Outcome
from processors.film.sandbox import wire

_ROOT = Path(__file__).parents[3]
_START_SECONDS = 30.0
_PIPE_BYTES = 1 << 20
# A process that reads strangers' files gets no secrets: of the environment only where to find libraries.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")


class WorkerLost(Exception):
    """A worker ended, or sent something invalid, before its result. `status` is as in Process.returncode."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"a film worker was lost (status {status})")
        self.status = status


class Child:
    """One worker process. It does one job at a time; after an exception from `filter` it must be killed."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a worker needs pipes")
        self._process, self._limits = process, limits
        self._jobs, self._results = process.stdin, process.stdout

    @classmethod
    async def start(cls, program: Sequence[str], limits: Limits) -> Child:
        """Starts a worker (about 0.4 s), and returns when it is ready. Raises WorkerLost if it ends before that.

        It is a plain child process rather than multiprocessing's: it doesn't import our main module again, has no
        helper process, inherits no file but its pipes, and asyncio waits for it without a thread.
        """
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, json.dumps(asdict(limits)), str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIPE_BYTES,
            cwd=_ROOT,
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        child = cls(process, limits)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child._ready()
        except BaseException:
            child.kill()
            await child.wait()
            raise
        return child

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def filter(self, photo_id: UUID, data: bytes, taken_on: date) -> Outcome:
        """Has one photo filtered. Raises WorkerLost if the worker ends, or sends something invalid."""
        try:
            self._jobs.write(wire.job_head(photo_id, data, taken_on))
            self._jobs.write(data)
            await self._jobs.drain()
            head = await self._results.readexactly(wire.RESULT.size)
            result = wire.Result(head, self._limits.result_bytes)
            return result.outcome(await self._results.readexactly(result.body_bytes))
        except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            raise WorkerLost(await self._end()) from error

    def kill(self) -> None:
        """Kills the process now, by its id. asyncio reaps it; `wait` waits for that."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def wait(self) -> None:
        """Waits until the process has ended and its pipes are closed."""
        await self._process.wait()
        self._jobs.close()
        with suppress(ConnectionError):
            await self._jobs.wait_closed()

    async def _ready(self) -> None:
        try:
            first = await self._results.readexactly(len(wire.READY))
        except asyncio.IncompleteReadError as error:
            raise WorkerLost(await self._end()) from error
        if first != wire.READY:
            raise WorkerLost(None)

    async def _end(self) -> int:
        """Waits for the status of a process whose pipes have closed; after a second it is killed."""
        try:
            async with asyncio.timeout(1):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()
