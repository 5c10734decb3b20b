"""Running programs as child processes: started in parallel, asked until they are ready, stopped in reverse."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.errors import Problem
from ops.supervisor import process_identity
from ops.supervisor.program import Program, check_ports

LAUNCH = Path(__file__).with_name("launch.py")
POLL = 0.05  # seconds between two questions to a program that isn't ready
TAIL = 12  # lines of a log in a report

State = Literal["waiting", "starting", "ready", "restarting", "died", "stopping", "stopped"]

# Linux kills a child when the *thread* that started it ends, so one thread starts them all, and lives as long as we.
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


class Stopped(Exception):
    """Starting was called off."""


@dataclass
class Child:
    """A program and the process that runs it now; `started` is that process's identity, not a time."""

    program: Program
    log: Path
    state: State = "waiting"
    process: subprocess.Popen[bytes] | None = None
    started: str = ""
    restarts: int = 0
    seconds: float = 0.0  # from start to ready
    ready_at: float = 0.0  # on the monotonic clock

    @property
    def pid(self) -> int | None:
        """The process's id, while it has one."""
        return self.process.pid if self.process and self.process.returncode is None else None

    def dead(self) -> bool:
        """Whether there was a process, and it has ended. It keeps its id until `bury`."""
        return self.process is not None and process_identity.ended(self.process)

    def bury(self) -> None:
        """Wait for the process's end, end what it may have started and left, and give its id back."""
        if self.process:
            process_identity.wait(self.process)
            process_identity.kill_group(self.process)  # before the id is given back, so it can be nobody else's
            self.process.wait()

    def tail(self) -> str:
        """The last lines that it logged."""
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
            return "\n".join(f"    {line}" for line in lines)
        return ""

    def obituary(self) -> str:
        """How it ended, in words, with where to read more and the last lines of its log."""
        code = self.process.returncode if self.process else 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
        return f"{self.program.name} {how}; its log is {self.log}:\n{self.tail()}"


def silent(child: Child) -> None:
    """Nobody is told."""


class Children:
    """A set of child processes. `tell` is called, from any thread, whenever a child's state has changed."""

    def __init__(self, logs: Path, tell: Callable[[Child], None] = silent) -> None:
        self.logs = logs
        self._batches: list[list[Child]] = []
        self.stopping = threading.Event()
        self._tell = tell

    @property
    def all(self) -> list[Child]:
        """In the order in which they were started."""
        return [child for together in self._batches for child in together]

    def __getitem__(self, name: str) -> Child:
        return next(child for child in self.all if child.program.name == name)

    def start(self, programs: Sequence[Program]) -> None:
        """Start them side by side and return when all are ready. Problem if one can't be; Stopped if called off."""
        check_ports(programs)
        self.logs.mkdir(parents=True, exist_ok=True)
        children = [Child(program, self.logs / f"{program.name}.log") for program in programs]
        self._batches.append(children)
        for child in children:
            if child.log.exists():
                child.log.replace(child.log.with_suffix(".log.1"))
        with ThreadPoolExecutor(max(1, len(children)), thread_name_prefix="start") as pool:
            begun = [pool.submit(self._bring_up, child) for child in children]
        failed = [error for error in (one.exception() for one in begun) if error]
        failed.sort(key=lambda error: isinstance(error, Stopped))  # the cause before what it called off
        if failed:
            raise failed[0]

    def start_again(self, name: str) -> None:
        """Start a child that has ended, and return when it is ready."""
        self.ready(self[name])

    def ready(self, child: Child) -> None:
        """Start one child and ask it until it is ready. Problem if it dies first or takes longer than its patience."""
        program = child.program
        began = time.monotonic()
        program.folder.mkdir(parents=True, exist_ok=True)
        for path, text in program.files.items():
            path.touch(mode=0o600)
            path.write_text(text)
        program.before()
        if self.stopping.is_set():
            raise Stopped
        _starter.submit(_spawn, child).result()
        self._to(child, "starting")
        while not _answers(program):
            if self.stopping.wait(POLL):
                raise Stopped
            if child.dead():
                child.bury()
                self._to(child, "died")
                raise Problem(f"{program.name} did not start. {child.obituary()}")
            if time.monotonic() - began > program.patience:
                raise Problem(
                    f"{program.name} was not ready after {program.patience:.0f} s; its log is {child.log}:\n"
                    f"{child.tail()}"
                )
        child.ready_at = time.monotonic()
        child.seconds = child.ready_at - began
        self._to(child, "ready")

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would end it, and return when it is gone."""
        self.end(self[name], "died", grace=0)

    def stop(self, grace: float | None = None) -> None:
        """Stop all, the last started first, and return when every one is gone.

        What was started side by side stops side by side. `grace` (seconds) takes the place of each program's own;
        0 kills at once.
        """
        self.stopping.set()
        for together in reversed(self._batches):
            with ThreadPoolExecutor(max(1, len(together)), thread_name_prefix="stop") as pool:
                for ended in [pool.submit(self.end, child, "stopped", grace) for child in together]:
                    ended.result()

    def end(self, child: Child, state: State, grace: float | None = None) -> None:
        """SIGTERM; SIGKILL after its grace; return when it is gone, with its new state told."""
        if child.process and not child.dead():
            self._to(child, "stopping")
            grace = child.program.grace if grace is None else grace
            if grace:
                child.process.terminate()
            if not grace or not process_identity.wait(child.process, grace):
                child.process.kill()
        child.bury()
        self._to(child, state)

    def _bring_up(self, child: Child) -> None:
        try:
            self.ready(child)
        except BaseException:
            self.stopping.set()  # one that can't start calls the others off
            raise

    def _to(self, child: Child, state: State) -> None:
        child.state = state
        self._tell(child)


def _spawn(child: Child) -> None:
    program = child.program
    with child.log.open("ab") as log:
        child.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *program.command],
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop the children in order
        )
    child.started = process_identity.of(child.process.pid)


def _answers(program: Program) -> bool:
    try:
        return program.ready()
    except OSError:
        return False


@contextmanager
def running(programs: Sequence[Program], logs: Path, grace: float | None = None) -> Generator[Children]:
    """These programs, ready, for as long as the block runs; stopped with this `grace` (see `Children.stop`)."""
    children = Children(logs)
    try:
        children.start(programs)
        yield children
    finally:
        children.stop(grace)
