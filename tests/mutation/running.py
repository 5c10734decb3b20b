"""Has mutants tested by several fork servers at a time."""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGALRM
from typing import Any

from tests.mutation.covering import Covering
from tests.mutation.sites import Mutant

HERE = Path(__file__).resolve().parents[2]  # where the runner is, also when it tests another project
NO_TEST = "no test runs this line"
PASSED, NOT_LOADED, NONE_COLLECTED = 0, 4, 5  # exit codes of pytest

Ask = Callable[[dict[str, Any]], dict[str, Any]]


class FailingTests(Exception):
    """The tests fail without any mutant."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a mutant. `reason`: the test that killed it, or why it survived."""

    mutant: Mutant
    killed: bool
    reason: str
    tests: int = 0

    @property
    def unreached(self) -> bool:
        """Whether no test executes its line."""
        return self.reason == NO_TEST


@contextmanager
def server(root: Path) -> Generator[Ask]:
    """A process that forks a child for every job that it is asked to do."""
    command = [sys.executable, "-m", "tests.mutation.server"]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to, answers = process.stdin, process.stdout

        def ask(job: dict[str, Any]) -> dict[str, Any]:
            to.write(json.dumps(job) + "\n")
            to.flush()
            line = answers.readline()
            if not line:
                raise RuntimeError(f"the fork server ended with {process.wait()}")
            return json.loads(line)

        try:
            yield ask
        finally:
            to.close()


def measure(root: Path, packages: Iterable[str]) -> dict[str, Any]:
    """Which tests execute which lines, and in how many seconds. Raises FailingTests if one fails."""
    with server(root) as ask:
        measured = ask({"do": "measure", "packages": list(packages)})
    _assert_passed(measured)
    return measured


def run(
    mutants: Sequence[Mutant], covering: Covering, root: Path, jobs: int, tell: Callable[[Result], None]
) -> list[Result]:
    """Tests mutants and tells each result when it is there; in the end all, in the mutants' order.

    Raises FailingTests if the tests fail fastest first, without a mutant.
    """
    free: queue.SimpleQueue[Ask] = queue.SimpleQueue()

    def on_a_server(job: dict[str, Any]) -> dict[str, Any]:
        ask = free.get()
        try:
            return ask(job)
        finally:
            free.put(ask)

    def test(mutant: Mutant) -> Result:
        tests = covering.tests_for(mutant)
        job = {"do": "test", "module": mutant.name.module, "path": str(mutant.path), "source": mutant.source()}
        result = result_of(mutant, tests, on_a_server({**job, "tests": tests}) if tests else None)
        tell(result)
        return result

    with ExitStack() as servers, ThreadPoolExecutor(jobs) as threads:
        for _ in range(jobs):
            free.put(servers.enter_context(server(root)))
        control = threads.submit(on_a_server, unmutated(covering))
        results = list(threads.map(test, mutants))
        _assert_passed(control.result())
    return results


def unmutated(covering: Covering) -> dict[str, Any]:
    """The job that runs all tests, in the order in which they run on a mutant."""
    return {"do": "test", "module": None, "tests": covering.limits(covering.seconds)}


def result_of(mutant: Mutant, tests: Iterable[str], answer: dict[str, Any] | None) -> Result:
    """What a server's answer says of a mutant: one that makes a test last for ever is killed."""
    if answer is None:
        return Result(mutant, False, NO_TEST)
    count = len(list(tests))
    if answer["code"] in (PASSED, NONE_COLLECTED):
        return Result(mutant, False, f"{count} tests pass", count)
    if answer["code"] == -SIGALRM:
        return Result(mutant, True, "a test took too long", count)
    if answer["code"] == NOT_LOADED:
        return Result(mutant, True, "tests/conftest.py can't be imported", count)
    return Result(mutant, True, next(iter(answer["failed"]), f"the process ended with {answer['code']}"), count)


def _assert_passed(answer: dict[str, Any]) -> None:
    if answer["code"] != PASSED:
        raise FailingTests("\n".join(answer["failed"]) or f"exit code {answer['code']}")
