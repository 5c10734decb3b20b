"""Runs programs as child processes: starts them in parallel, asks until they are ready, stops them in reverse order."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ops.errors import OperatorError
from ops.supervisor import process_identity
from ops.supervisor.program import Program, check_ports

LAUNCH = Path(__file__).with_name("launch.py")
POLL = 0.05  # seconds between two questions to a program that isn't ready
POLLED_SECONDS, LATER_POLL = 10.0, 1.0  # after so many seconds, so many between two: it waits for a server
TAIL = 12  # lines of a log in a report

State = Literal["waiting", "starting", "ready", "restarting", "no room", "died", "stopping", "stopped"]

# Linux kills a child when the *thread* that started it ends, so one thread starts them all, and lives as long as we.
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


class StartCancelled(Exception):
    """The start was cancelled, by a signal or because another program couldn't start."""


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass
class Child:
    """A program and the process that runs it now.

    - `started`: that process's identity, which isn't a time
    - `gated`: its process waits at the start gate
    - `restarts`: how often it was started again
    - `seconds`: from start to ready
    - `ready_at`: on the monotonic clock
    - `since`: when it came into its state
    - `reason`: why it was started again last, or waits for that; empty if it never died
    """

    program: Program
    log: Path
    state: State = "waiting"
    process: subprocess.Popen[bytes] | None = None
    started: str = ""
    restarts: int = 0
    gated: bool = False
    seconds: float = 0.0
    ready_at: float = 0.0
    since: datetime = field(default_factory=now)
    reason: str = ""

    @property
    def pid(self) -> int | None:
        """Returns the process's id, while it has one."""
        return self.process.pid if self.process and self.process.returncode is None else None

    def has_exited(self) -> bool:
        """Returns whether there was a process, and it has ended. It keeps its id until `reap`."""
        return self.process is not None and process_identity.ended(self.process)

    def reap(self) -> None:
        """Waits for the process's end, kills what it may have started and left, and gives its id back."""
        if self.process:
            if self.process.stdin:
                self.process.stdin.close()
            process_identity.wait(self.process)
            process_identity.kill_group(self.process)  # before the id is given back, so it can be nobody else's
            self.process.wait()

    def tail(self) -> str:
        """Returns the last lines that it logged."""
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
            return "\n".join(f"    {line}" for line in lines)
        return ""

    def exit_report(self) -> str:
        """Says how it ended, where its log is, and the last lines of that."""
        return f"{self.program.name} {self.end()}; its log is {self.log}:\n{self.tail()}"

    def end(self) -> str:
        """Says how its process ended."""
        code = self.process.returncode if self.process else 0
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"


def ignore_change(child: Child) -> None:
    """Ignores a child's new state."""


def ignore_ready(name: str) -> None:
    """Ignores that a program is ready."""


class Children:
    """Starts and stops a set of child processes. Calls `on_change`, from any thread, when a child's state changes."""

    def __init__(self, logs: Path, on_change: Callable[[Child], None] = ignore_change) -> None:
        self.logs = logs
        self._batches: list[list[Child]] = []
        self.stopping = threading.Event()
        self._on_change = on_change

    @property
    def all(self) -> list[Child]:
        """Lists all children in the order in which they were started."""
        return [child for batch in self._batches for child in batch]

    def __getitem__(self, name: str) -> Child:
        return next(child for child in self.all if child.program.name == name)

    def start(
        self,
        programs: Sequence[Program],
        *,
        gated: Sequence[Program] = (),
        on_ready: Callable[[str], None] = ignore_ready,
    ) -> None:
        """Starts programs side by side; returns when all are ready.

        Calls `on_ready` with a program's name as soon as it is ready, before it counts as started. The `gated` programs
        load what they need meanwhile, and wait at the start gate for `release`; they are stopped before the others.
        Raises OperatorError if one can't start, StartCancelled if the start is cancelled.
        """
        check_ports([*programs, *gated])
        children, waiting = self._add(programs), self._add(gated)
        for child in waiting:
            child.gated = True
            self._launch(child)
        self._start_all(children, on_ready)

    def release(self) -> None:
        """Releases those that wait at the start gate; returns when all are ready. Raises what `start` raises."""
        self._start_all([child for child in self.all if child.gated], ignore_ready)

    def _add(self, programs: Sequence[Program]) -> list[Child]:
        self.logs.mkdir(parents=True, exist_ok=True)
        children = [Child(program, self.logs / f"{program.name}.log") for program in programs]
        self._batches.append(children)
        for child in children:
            if child.log.exists():
                child.log.replace(child.log.with_suffix(".log.1"))
        return children

    def _start_all(self, children: Sequence[Child], on_ready: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(max(1, len(children)), thread_name_prefix="start") as pool:
            begun = [pool.submit(self._start_one, child, on_ready) for child in children]
        failed = [error for error in (one.exception() for one in begun) if error]
        failed.sort(key=lambda error: isinstance(error, StartCancelled))  # the cause before what it cancelled
        if failed:
            raise failed[0]

    def start_again(self, name: str) -> None:
        """Starts a child that has ended, and returns when it is ready. Raises what `start` raises."""
        self.start_child(self[name])

    def start_child(self, child: Child, patience: float | None = None) -> None:
        """Starts one child and asks it until it is ready, for as long as its own patience or the given one (seconds).

        Raises OperatorError if it dies first or takes longer, StartCancelled if that is cancelled."""
        program = child.program
        began = time.monotonic()
        if child.gated and child.process and child.process.stdin:
            child.gated = False
            child.process.stdin.close()
        else:
            self._launch(child)
        self.set_state(child, "starting")
        while not _is_ready(program):
            if self.stopping.wait(POLL if time.monotonic() - began < POLLED_SECONDS else LATER_POLL):
                raise StartCancelled
            if child.has_exited():
                child.reap()
                self.set_state(child, "died")
                raise OperatorError(f"{program.name} did not start. {child.exit_report()}")
            if time.monotonic() - began > (patience := program.patience if patience is None else patience):
                raise OperatorError(
                    f"{program.name} was not ready after {patience:.0f} s; its log is {child.log}:\n{child.tail()}"
                )
        child.ready_at = time.monotonic()
        child.seconds = child.ready_at - began
        self.set_state(child, "ready")

    def _launch(self, child: Child) -> None:
        program = child.program
        program.folder.mkdir(parents=True, exist_ok=True)
        for path, text in program.files.items():
            path.touch(mode=0o600)
            path.write_text(text)
        program.before()
        if self.stopping.is_set():
            raise StartCancelled
        _starter.submit(_spawn, child).result()

    def kill(self, name: str) -> None:
        """Kills a child, as a crash would end it, and returns when it is gone."""
        self.stop_child(self[name], "died", grace=0)

    def stop(self, grace: float | None = None) -> None:
        """Stops all, the last started first, and returns when every one is gone.

        What was started side by side stops side by side. `grace` (seconds) takes the place of each program's own,
        unless it writes something as it ends (`Program.after`); 0 kills at once.
        """
        self.stopping.set()
        for batch in reversed(self._batches):
            with ThreadPoolExecutor(max(1, len(batch)), thread_name_prefix="stop") as pool:
                for ended in [pool.submit(self._stop, child, grace) for child in batch]:
                    ended.result()

    def _stop(self, child: Child, grace: float | None) -> None:
        after = child.program.after
        ended_before = child.has_exited()
        self.stop_child(child, "stopped", None if after else grace)
        if after and child.process and not ended_before:
            after(child.process.returncode)

    def stop_child(self, child: Child, state: State, grace: float | None = None) -> None:
        """Sends SIGTERM, and SIGKILL after its grace; returns when it is gone and in its new state."""
        if child.process and not child.has_exited():
            self.set_state(child, "stopping")
            grace = child.program.grace if grace is None else grace
            if grace:
                child.process.terminate()
            if not grace or not process_identity.wait(child.process, grace):
                child.process.kill()
        child.reap()
        self.set_state(child, state)

    def _start_one(self, child: Child, on_ready: Callable[[str], None]) -> None:
        try:
            self.start_child(child)
            on_ready(child.program.name)
        except BaseException:
            self.stopping.set()  # one that can't start cancels the others
            raise

    def set_state(self, child: Child, state: State, reason: str = "") -> None:
        """Puts a child into a state, with the reason for it if there is one, and says so."""
        if state != child.state:
            child.since = now()
        child.state, child.reason = state, reason or child.reason
        self._on_change(child)


def _spawn(child: Child) -> None:
    program = child.program
    with child.log.open("ab") as log:
        child.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *program.command],
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.PIPE if child.gated else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop the children in order
        )
    child.started = process_identity.of(child.process.pid)


def _is_ready(program: Program) -> bool:
    try:
        return program.ready()
    except OSError:
        return False


@contextmanager
def running(programs: Sequence[Program], logs: Path, grace: float | None = None) -> Generator[Children]:
    """Starts programs, and stops them after the block with this `grace` (see `Children.stop`)."""
    children = Children(logs)
    try:
        children.start(programs)
        yield children
    finally:
        children.stop(grace)
