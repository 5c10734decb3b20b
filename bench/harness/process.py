"""Runs one side of a comparison in a process of its own, which works on request and replies how long it took.

Requests are lines of JSON on the child's standard input, replies lines of JSON on its standard output. It ends when
its input is closed.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any, Literal, TypeVar

from events.settings import Settings
from ops.secrets import environment

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for one reply
Result = TypeVar("Result")

Module = Literal[
    "bench.harness.load",
    "bench.ours.apply",
    "bench.ours.consume_floor",
    "bench.ours.develop",
    "bench.reference.apply",
    "bench.reference.consume_floor",
    "bench.reference.visible",
]


class ProcessFailed(Exception):
    """A process died, or didn't reply for too long."""


class BenchProcess:
    """The parent's end: sends requests, and receives replies."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path):
        self.name, self.process, self._log = name, process, log
        self._rest = b""

    def request(self, body: Any) -> dict[str, Any]:
        """Sends a request, and returns the reply. Raises ProcessFailed."""
        self.send(body)
        return self.receive()

    def send(self, body: Any) -> None:
        """Sends a request, without waiting. Raises ProcessFailed."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{json.dumps(body)}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ProcessFailed(self._exit_report("died")) from None

    def receive(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Waits for the next reply, and returns it. Raises ProcessFailed."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + patience
        while b"\n" not in self._rest:
            ready, _, _ = select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise ProcessFailed(self._exit_report("died" if ready else f"sent no reply for {patience:.0f} s"))
            self._rest += piece
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def check_running(self) -> None:
        """Raises ProcessFailed if the process has died."""
        if self.process.poll() is not None:
            raise ProcessFailed(self._exit_report("died"))

    def _exit_report(self, what: str) -> str:
        return f"{self.name} {what}:\n" + "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


@contextmanager
def bench_process(settings: Settings, module: Module, *arguments: object) -> Generator[BenchProcess]:
    """Runs `python -m MODULE arguments…` with these settings, and kills it after the block."""
    log = settings.home / "logs" / f"{module}-{'-'.join(map(str, arguments))[:60].replace('/', '_')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=environment(settings),
        ) as process,
    ):
        try:
            yield BenchProcess(module, process, log)
        finally:
            process.kill()


def reply(body: object) -> None:
    """Sends a reply, from the child's end."""
    sys.stdout.write(json.dumps(body) + "\n")
    sys.stdout.flush()


def serve_requests(handle: Callable[[Any], None]) -> None:
    """Hands each request to `handle`, at the child's end, and ends the process when there are no more."""
    for line in sys.stdin:
        handle(json.loads(line))
    os._exit(0)  # its consumer group is its own, so nobody waits for it to leave


def alternate(
    sides: Sequence[BenchProcess], rounds: int, measure: Callable[[BenchProcess], Result]
) -> list[list[Result]]:
    """Measures each side in turn, A B A B…, and returns the results of each."""
    results: list[list[Result]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, result in zip(sides, results, strict=True):
            result.append(measure(side))
    return results
