"""One side of a comparison: a process of its own that works when it is told to, and says how long it took.

To the child's standard input: a line with a number of records. Back: a line of JSON. Its end closes the input.
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
from typing import Any, Literal

from events.settings import Settings
from ops.secrets import environment

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for one answer

Module = Literal[
    "bench.harness.load",
    "bench.ours.apply",
    "bench.ours.consume_floor",
    "bench.ours.develop",
    "bench.reference.apply",
    "bench.reference.consume_floor",
    "bench.reference.visible",
]


class Broken(Exception):
    """A side died, or said nothing for too long."""


class Side:
    """The parent's end."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path):
        self.name, self.process, self._log = name, process, log
        self._rest = b""

    def ask(self, question: Any) -> dict[str, Any]:
        """Asks and waits for the answer. Broken."""
        self.tell(question)
        return self.hear()

    def tell(self, question: Any) -> None:
        """Asks, without waiting."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{json.dumps(question)}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Broken(self._obituary("died")) from None

    def hear(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next answer. Broken."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + patience
        while b"\n" not in self._rest:
            ready, _, _ = select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise Broken(self._obituary("died" if ready else f"said nothing for {patience:.0f} s"))
            self._rest += piece
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def check(self) -> None:
        """Broken, if it has died."""
        if self.process.poll() is not None:
            raise Broken(self._obituary("died"))

    def _obituary(self, what: str) -> str:
        return f"{self.name} {what}:\n" + "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


@contextmanager
def side(settings: Settings, module: Module, *arguments: object) -> Generator[Side]:
    """`python -m MODULE arguments…` with these settings, killed in the end."""
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
            yield Side(module, process, log)
        finally:
            process.kill()


def answer(said: object) -> None:
    """The child's end: one answer."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def questions(told: Callable[[Any], None]) -> None:
    """The child's end: hands on each question, and ends the process when there are no more."""
    for line in sys.stdin:
        told(json.loads(line))
    os._exit(0)  # its consumer group is its own, so nobody waits for it to leave


def in_turn(sides: Sequence[Side], rounds: int, turn: Callable[[Side], float]) -> list[list[float]]:
    """A B A B…: what each side's turns came to."""
    results: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for each, of in zip(sides, results, strict=True):
            of.append(turn(each))
    return results
