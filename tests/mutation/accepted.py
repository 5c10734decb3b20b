"""Reads docs/mutants.md: the survivors that are equivalent to the original, or accepted, each with its reason."""

import re
from pathlib import Path

from tests.mutation.sites import Name

DOCS = "docs/mutants.md"
MODULE = re.compile(r"## `?([\w.]+)`?$")
ENTRY = re.compile(
    r"- `(?P<function>[^`]+)`: `(?P<original>[^`]+)` → `(?P<mutated>[^`]+)`(?: \((?P<nth>\d+)\))?: ?(?P<why>.*)"
)


class Malformed(Exception):
    """A line of docs/mutants.md that looks like an entry and isn't one, or has no reason."""


def read_accepted(path: Path) -> dict[Name, str]:
    """Reasons by mutant. Raises Malformed."""
    module, last = "", None
    found: dict[Name, str] = {}
    for line in path.read_text().splitlines():
        if heading := MODULE.match(line):
            module, last = heading[1], None
        elif module and line.startswith("- "):
            entry = ENTRY.match(line)
            if entry is None:
                raise Malformed(line)
            last = Name(module, entry["function"], entry["original"], entry["mutated"], int(entry["nth"] or 1))
            found[last] = entry["why"]
        elif last is not None and line.startswith("  "):
            found[last] = f"{found[last]} {line.strip()}".strip()
    if without := [name for name, reason in found.items() if not reason]:
        raise Malformed(f"no reason: {without[0].module} {without[0]}")
    return found
