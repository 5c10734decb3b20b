"""Forks a child for each job from a process that has the heavy libraries, and nothing of the project, loaded.

`python -m tests.mutation.server` reads a job a line, as JSON, and answers each with a line: {"outcome", "failed", …}.
"""

import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tests.mutation.core import HEAVY, PACKAGES

MEMORY = 4 << 30  # bytes of address space: a mutant may loop and collect
START_SECONDS = 60.0  # for importing and collecting


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module from a given source instead of its file's."""

    def __init__(self, module: str, path: str, source: str):
        self._module, self._path = module, path
        self._code: CodeType = compile(source, path, "exec", dont_inherit=True)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds that module and no other."""
        if fullname != self._module:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=self._path)
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Executes the given source."""
        exec(self._code, module.__dict__)


def measured(packages: list[str]) -> dict[str, Any]:
    """Runs every test without servers: which executes which lines, and in how many seconds."""
    from coverage import Coverage

    from tests.mutation.selection import Chosen, run_pytest

    recorder = Coverage(data_file=None, source=packages)
    recorder.start()
    plugin = Chosen(None, recorder.switch_context)
    code = run_pytest(plugin, [])
    recorder.stop()
    data = recorder.get_data()
    lines = {file: data.contexts_by_lineno(file) for file in data.measured_files()}
    return {"code": code, "failed": plugin.failed, "seconds": plugin.seconds, "lines": lines}


def tested(job: dict[str, Any]) -> dict[str, Any]:
    """Runs the tests of a job on its mutant, until one fails."""
    from tests.mutation.selection import Chosen, run_pytest

    if job["module"] is not None:
        sys.meta_path.insert(0, Mutated(job["module"], job["path"], job["source"]))
    plugin = Chosen(job["tests"])
    files = sorted({test.split("::", 1)[0] for test in job["tests"]})
    code = run_pytest(plugin, ["-x", *files])
    return {"code": code, "failed": plugin.failed, "seconds": plugin.seconds}


def in_child(job: dict[str, Any], answer: str) -> None:
    """Does a job in a process of its own group, without output, and writes its answer to a file."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silent = os.open(job.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(silent, stream)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, START_SECONDS if job["do"] == "test" else 0)
    try:
        result = measured(job["packages"]) if job["do"] == "measure" else tested(job)
    except BaseException:
        result = {"code": -1, "failed": [traceback.format_exc()], "seconds": {}}
    Path(answer).write_text(json.dumps(result))
    os._exit(0)


def done(job: dict[str, Any]) -> dict[str, Any]:
    """A job's answer, or how its process ended without one."""
    with tempfile.NamedTemporaryFile(prefix="darkroom-mutant-") as answer:
        child = os.fork()
        if child == 0:
            in_child(job, answer.name)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(ProcessLookupError):  # what the tests left behind
            os.killpg(child, signal.SIGKILL)
        if os.WIFSIGNALED(status):
            return {"code": -os.WTERMSIG(status), "failed": [], "seconds": {}}
        text = Path(answer.name).read_text()
        return json.loads(text) if text else {"code": -1, "failed": ["the process exited"], "seconds": {}}


def prepare() -> None:
    """Loads what every child needs, and makes Hypothesis give the same examples each time."""
    for name in HEAVY.split():
        importlib.import_module(name)
    from hypothesis import HealthCheck, settings

    from tests.mutation.selection import EXAMPLES

    settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("mutants")
    gc.collect()
    gc.freeze()


def main() -> None:
    """Answers jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepare()
    loaded = sorted(name for name in sys.modules if name.split(".", 1)[0] in PACKAGES)
    assert not loaded, f"the forks would all have {loaded}, mutated or not"
    for line in sys.stdin:
        print(json.dumps(done(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
