"""Child processes of the tests: Darkroom's own programs, which can be killed, and don't outlive the tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from events.settings import Settings
from ops.secrets import environment
from ops.supervisor.children import LAUNCH
from tests.faults.network import Network

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds: a dead member's session, a rebalance, a restarted server, on a machine that others use too


def until(condition: Callable[[], object], what: str) -> float:
    """Returns when a condition holds, after how many seconds. AssertionError when it takes longer than `PATIENCE`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


class Process:
    """A Python program of ours, in a process group of its own; a far one if it is given a network."""

    def __init__(
        self,
        settings: Settings,
        words: Sequence[str],
        log: Path,
        own: Mapping[str, str] = {},
        net: Network | None = None,
    ) -> None:
        self.log = log
        command = net.command([sys.executable, *words]) if net else [sys.executable, *words]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(LAUNCH),
                    str(os.getpid()),
                    *(net.command(command) if net else command),
                ],
                cwd=ROOT,
                env=environment(settings) | {"PYTHONPATH": str(ROOT)} | dict(own or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    def died(self) -> bool:
        """Whether it was killed by SIGKILL: its failpoint, or us. AssertionError if it ended otherwise."""
        if self.running:
            return False
        assert self.process.returncode == -signal.SIGKILL, f"ended with {self.process.returncode}:\n{self.tail()}"
        return True

    def send(self, what: signal.Signals) -> None:
        """Sends it a signal."""
        self.process.send_signal(what)

    def kill(self) -> None:
        """Ends it, with all that it started, and returns when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; after how many seconds it ended, which it must have done well."""
        self.send(signal.SIGTERM)
        began = time.monotonic()
        status = self.process.wait(PATIENCE)
        took = time.monotonic() - began
        assert status == 0, f"ended with {status}:\n{self.tail()}"
        self.kill()
        return took

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
