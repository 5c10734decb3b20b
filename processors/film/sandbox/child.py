"""A worker as its parent sees it."""

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
from processors.film.outcome import Filtered, Rejected
from processors.film.sandbox import wire

_ROOT = Path(__file__).parents[3]
_START_SECONDS = 30.0
_PIPE_BYTES = 1 << 20
# A process that reads strangers' files gets no secrets: nothing of our environment but where to find libraries.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")


class Lost(Exception):
    """A worker ended, or talked nonsense, before it had answered. `status` is as in Process.returncode."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"a film worker was lost (status {status})")
        self.status = status


class Child:
    """One worker process. It does one job at a time; after an exception from `develop` it must be killed."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a worker needs pipes")
        self._process, self._limits = process, limits
        self._jobs, self._answers = process.stdin, process.stdout

    @classmethod
    async def start(cls, program: Sequence[str], limits: Limits) -> Child:
        """Start a worker (about 0.4 s) and wait until it is ready. Raises Lost if it doesn't get that far.

        A plain child process rather than multiprocessing's: it doesn't import our main module again, has no helper
        process, inherits no file but its pipes, and asyncio waits for it without a thread.
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
            await child.gone()
            raise
        return child

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def develop(self, photo_id: UUID, data: bytes, taken_on: date) -> Filtered | Rejected:
        """Have one photo developed. Raises Lost."""
        try:
            self._jobs.write(wire.job_head(photo_id, data, taken_on))
            self._jobs.write(data)
            await self._jobs.drain()
            head = await self._answers.readexactly(wire.ANSWER.size)
            answer = wire.Answer(head, self._limits.result_bytes)
            return answer.outcome(await self._answers.readexactly(answer.body_bytes))
        except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            raise Lost(await self._end()) from error

    def kill(self) -> None:
        """End the process now, by its id. asyncio reaps it; `gone` waits for that."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def gone(self) -> None:
        """Wait until the process has ended and its pipes are closed."""
        await self._process.wait()
        self._jobs.close()
        with suppress(ConnectionError):
            await self._jobs.wait_closed()

    async def _ready(self) -> None:
        try:
            said = await self._answers.readexactly(len(wire.READY))
        except asyncio.IncompleteReadError as error:
            raise Lost(await self._end()) from error
        if said != wire.READY:
            raise Lost(None)

    async def _end(self) -> int:
        """The status of a process whose pipes have closed; one that lives on nevertheless is killed."""
        try:
            async with asyncio.timeout(1):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()
