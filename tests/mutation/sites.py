"""Finds the mutants of a module, and names each so that the name survives changes elsewhere in the file."""

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation import core
from tests.mutation.code import Code, Edit, read_code
from tests.mutation.operators import OPERATORS
from tests.mutation.walk import Place, walk

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class Name:
    """What docs/mutants.md calls a mutant by: no line numbers.

    `original`, `mutated`: the lines that differ, each run of whitespace as one space.
    `nth`: which one it is, from 1, if a function holds the same lines several times.
    """

    module: str
    function: str
    original: str
    mutated: str
    nth: int = 1

    def __str__(self) -> str:
        nth = f" ({self.nth})" if self.nth > 1 else ""
        return f"`{self.function}`: `{self.original}` → `{self.mutated}`{nth}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one mistake. `first`, `last`: its statement's lines; `at_import`: when they are executed."""

    name: Name
    operator: str
    path: Path
    line: int
    first: int
    last: int
    at_import: bool
    edit: Edit

    @property
    def file(self) -> str:
        """Its file, from the project's root."""
        return "/".join(self.name.module.split(".")) + ".py"

    def source(self) -> str:
        """The mutated source."""
        return read_code(self.path).edited(self.edit)

    def diff(self) -> str:
        """What differs, as a unified diff."""
        old, new = self.path.read_text(), self.source()
        names = f"a/{self.file}", f"b/{self.file}"
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), *names, n=2, lineterm="")
        return "\n".join(lines)


def path_of(module: str, root: Path) -> Path:
    """A module's file."""
    return root.joinpath(*module.split(".")).with_suffix(".py")


def mutants_of(module: str, root: Path) -> list[Mutant]:
    """All mutants of a module that Python can compile, in the order of its source; none of ONLY_WITH_SERVERS."""
    path = path_of(module, root)
    code = read_code(path)
    found: list[Mutant] = []
    sources = {code.text}
    seen: Counter[tuple[str, str, str]] = Counter()
    skipped = frozenset(core.ONLY_WITH_SERVERS.get(module, ()))
    for place, operator, edit in _edits(code):
        if place.qualified.split(".")[0] in skipped:
            continue
        source = code.edited(edit)
        if source in sources or not _compiles(source):
            continue
        sources.add(source)
        original, mutated = _fragments(code, edit)
        seen[place.qualified, original, mutated] += 1
        name = Name(module, place.qualified, original, mutated, seen[place.qualified, original, mutated])
        line = code.line(edit.start)
        found.append(Mutant(name, operator, path, line, place.first, place.last, place.function is None, edit))
    return found


def _edits(code: Code) -> Iterator[tuple[Place, str, Edit]]:
    for place in walk(code.tree):
        for operator in OPERATORS:
            for edit in operator(code, place):
                yield place, operator.__name__, edit


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _fragments(code: Code, edit: Edit) -> tuple[str, str]:
    start = code.bytes.rfind(b"\n", 0, edit.start) + 1
    end = code.bytes.find(b"\n", edit.end)
    end = len(code.bytes) if end < 0 else end
    old = code.between(start, end)
    new = code.between(start, edit.start) + edit.text + code.between(edit.end, end)
    return " ".join(old.split()) or NOTHING, " ".join(new.split()) or NOTHING
