"""The docs point at what is there: links, lines, tests, commands. `python -m tests.unit.test_docs` mends the lines."""

import re
from pathlib import Path

import pytest

from ops.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\[([^]]*)\]\(([^)#\s]+)(?:#L(\d+))?\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
DEFINED = r"^\s*(?:async )?(?:def|class) {name}\b"

each_doc = pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)


def line_of(path: Path, name: str) -> int:
    """The line on which a file defines a name. ValueError if it doesn't."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(DEFINED.format(name=re.escape(name)), line):
            return number
    raise ValueError(f"{path.relative_to(ROOT)} defines no {name}")


def mended(doc: Path) -> str:
    """A doc with every linked line where its name is defined now."""

    def right(link: re.Match[str]) -> str:
        if link[3] is None:
            return link[0]
        return f"[{link[1]}]({link[2]}#L{line_of(doc.parent / link[2], link[1].strip('`'))})"

    return LINK.sub(right, doc.read_text())


@each_doc
def test_links_lead_somewhere(doc: Path) -> None:
    targets = [target for _, target, _ in LINK.findall(doc.read_text()) if "://" not in target]
    assert [target for target in targets if not (doc.parent / target).exists()] == []


@each_doc
def test_linked_lines_define_what_they_are_linked_for(doc: Path) -> None:
    assert doc.read_text() == mended(doc), "run `python -m tests.unit.test_docs`"


@each_doc
def test_tests_that_are_named_exist(doc: Path) -> None:
    for path, name in TEST.findall(doc.read_text()):
        assert line_of(ROOT / path, name)


def test_every_invariant_has_its_test_or_says_not_yet() -> None:
    rows = [row for row in (ROOT / "docs/invariants.md").read_text().splitlines() if re.match(r"\| \d", row)]
    assert {int(row.split("|")[1]) for row in rows} == set(range(1, 8))
    assert all(TEST.search(row) or "*not yet*" in row for row in rows)


def test_commands_in_the_readme_exist() -> None:
    named = set(re.findall(r"\.venv/bin/darkroom (\w+)", (ROOT / "README.md").read_text()))
    assert named <= set(COMMANDS)
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", (ROOT / "README.md").read_text())) <= targets


def test_packages_are_the_ones_of_this_repository() -> None:
    import api
    import events
    import ops
    import processors
    import producers
    import projections

    for package in (api, events, ops, processors, producers, projections):
        assert Path(str(package.__file__)).resolve().is_relative_to(ROOT)


def test_nothing_needs_the_folders_beside_this_one() -> None:
    files = [path for folder in ("events", "ops", "producers", "api") for path in (ROOT / folder).rglob("*.py")]
    beside = "/".join(("..", "shared"))
    assert [path for path in files if beside in path.read_text()] == []


if __name__ == "__main__":
    for path in DOCS:
        path.write_text(mended(path))
