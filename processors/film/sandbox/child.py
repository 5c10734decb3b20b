"""Starts, uses and ends one worker process: the parent's side of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from uuid import UUID

from processors.film.limits import Limits
from processors.film.outcome import Outcome, Reason
from processors.film.sandbox import wire

_ROOT = Path(__file__).parents[3]
_START_SECONDS = 30.0
_PIPE_BYTES = 1 << 20
# A process that reads strangers' files gets no secrets: of the environment only where to find libraries.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")


# How a worker ends that a photo's bytes break. The kernel's OOM killer, operators and we ourselves send other signals.
_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSYS)
_SUSPECTED = {-signal.SIGXCPU: Reason.TOO_LONG} | {-crash: Reason.UNDEVELOPABLE for crash in _CRASHES}


class WorkerLost(Exception):
    """A worker was lost before its result. The text says how: by which signal or exit status, or what it did instead.

    `suspects`: what the photo itself may have done. TOO_LONG is certain, as all of its CPU time was used;
    UNDEVELOPABLE is, if it happens again; None says that it can't be told."""

    def __init__(self, how: str, suspects: Reason | None = None) -> None:
        super().__init__(f"a film worker {how}")
        self.suspects = suspects


class WorkerNotStarted(Exception):
    """A worker can't be started: this machine lacks something. It says nothing about any photo."""


class Child:
    """One worker process. It does one job at a time; after an exception from `filter` it must be killed."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a worker needs pipes")
        self._process, self._limits = process, limits
        self._jobs, self._results = process.stdin, process.stdout

    @classmethod
    async def start(cls, program: Sequence[str], limits: Limits) -> Child:
        """Starts a worker (about 0.4 s), and returns when it is ready. Raises WorkerNotStarted.

        It is a plain child process rather than multiprocessing's: it doesn't import our main module again, has no
        helper process, inherits no file but its pipes, and asyncio waits for it without a thread.
        """
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *program, json.dumps(asdict(limits)), str(os.getpid())),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_PIPE_BYTES,
                cwd=_ROOT,
                env=environment | {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerNotStarted(f"no film worker can be started: {error}") from error
        child = cls(process, limits)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child._ready()
        except BaseException as error:
            child.kill()
            await child.wait()
            if isinstance(error, WorkerLost | TimeoutError):
                how = str(error) or f"wasn't ready within {_START_SECONDS:.0f} s"
                raise WorkerNotStarted(f"no film worker can be started: {how}") from error
            raise
        return child

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def filter(self, photo_id: UUID, data: bytes, taken_on: date) -> Outcome:
        """Has one photo filtered. Raises WorkerLost if the worker ends, is over time, or sends something invalid."""
        before = cpu_seconds_of(self.pid)
        try:
            async with asyncio.timeout(self._limits.wall_seconds):
                self._jobs.write(wire.job_head(photo_id, data, taken_on))
                self._jobs.write(data)
                await self._jobs.drain()
                head = await self._results.readexactly(wire.RESULT.size)
                result = wire.Result(head, self._limits.result_bytes)
                return result.outcome(await self._results.readexactly(result.body_bytes))
        except TimeoutError as error:
            used, limit = cpu_seconds_of(self.pid) - before, self._limits.cpu_seconds
            how = f"wasn't done after {self._limits.wall_seconds:g} s, of which it had the CPU for {used:.1f} s"
            raise WorkerLost(how, Reason.TOO_LONG if used >= limit else None) from error
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise await self._lost() from error
        except ValueError as error:
            raise WorkerLost(f"sent something invalid: {error}") from error

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
            raise await self._lost() from error
        if first != wire.READY:
            raise WorkerLost(f"began with {first!r}")

    async def _lost(self) -> WorkerLost:
        """Says how a process was lost whose pipes have closed; one that doesn't end within a second is killed."""
        try:
            async with asyncio.timeout(1):
                status = await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
            return WorkerLost("closed its pipes and went on")
        if status >= 0:
            return WorkerLost(f"ended with exit status {status}")
        return WorkerLost(f"was ended by {signal.Signals(-status).name}", _SUSPECTED.get(status))


def cpu_seconds_of(pid: int) -> float:
    """The CPU time that a process has used since it began; 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]  # proc(5): its fields 14 and 15, in clock ticks
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
