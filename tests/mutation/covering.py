"""Tells which tests execute a mutant's lines, and how long each takes."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.sites import Mutant, path_of

AT_IMPORT = ""  # what executes a line while no test runs, as a decorator does
SPARE_SECONDS = 10.0  # a test may take this longer than when it was measured,
SPARE_FACTOR = 10.0  # and so many times as long, before it counts as killing a mutant by never ending


@dataclass(frozen=True, slots=True)
class Covering:
    """What the tests without servers execute. `lines`: tests by file and line; `seconds`: by test."""

    lines: Mapping[str, Mapping[int, list[str]]]
    seconds: Mapping[str, float]
    importers: Mapping[str, set[str]]

    def tests_for(self, mutant: Mutant) -> dict[str, float]:
        """The tests that execute a mutant, fastest first, each with the seconds that it may take.

        What runs when a module is imported was run before any test: then it is the tests that execute anything in it,
        or in a module that imports it.
        """
        own = self.lines.get(str(mutant.path), {})
        found = {test for line in range(mutant.first, mutant.last + 1) for test in own.get(line, ())}
        if mutant.at_import or AT_IMPORT in found:
            files = (str(mutant.path), *sorted(self.importers.get(mutant.name.module, ())))
            found |= {test for file in files for tests in self.lines.get(file, {}).values() for test in tests}
        found.discard(AT_IMPORT)
        return self.limits(found)

    def limits(self, tests: Iterable[str]) -> dict[str, float]:
        """Tests, fastest first, each with the seconds that it may take."""
        ordered = sorted(tests, key=lambda test: (self.seconds[test], test))
        return {test: SPARE_SECONDS + SPARE_FACTOR * self.seconds[test] for test in ordered}


def covering_of(measured: Mapping[str, Any], root: Path, packages: Iterable[str]) -> Covering:
    """From what the server measured."""
    lines = {file: {int(line): tests for line, tests in by_line.items()} for file, by_line in measured["lines"].items()}
    return Covering(lines, measured["seconds"], importers_in(root, packages))


def importers_in(root: Path, packages: Iterable[str]) -> dict[str, set[str]]:
    """The files that import each module."""
    found: dict[str, set[str]] = {}
    for package in packages:
        for path in (root / package).rglob("*.py"):
            for module in _imported(ast.parse(path.read_text()), root):
                found.setdefault(module, set()).add(str(path))
    return found


def _imported(tree: ast.Module, root: Path) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            inner = (f"{node.module}.{each.name}" for each in node.names)
            yield from (module for module in inner if path_of(module, root).exists())
