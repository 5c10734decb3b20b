"""The docs point at what is there: links, lines, tests, commands. `python -m tests.unit.test_docs` mends the lines.

What docs/design.md lists (topics, read models, routes, commands) is held against the code, so that it can't drift."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.app import app as read_api
from events.schema import all_schemas
from events.topics import TOPICS
from ops.cli import COMMANDS
from processors.catalog import every_table
from producers.gateway.app import app as gateway
from projections.catalog import PROJECTIONS
from projections.store.table import Table
from projections.tally.tally import Tally

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\[([^]]*)\]\(([^)#\s]+)(?:#L(\d+))?\)")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
DEFINED = r"^\s*(?:async )?(?:def|class) {name}\b"

DESIGN = ROOT / "docs/design.md"
CODE = ("api", "bench", "events", "ops", "processors", "producers", "projections", "tests", "web")
FOLDERS = (*CODE, "deploy", "docs", "schemas")
WRITTEN = {".avsc", ".md", ".py", ".toml", ".xml", ".yaml", ""}
HEADINGS = [
    "## 1. The flow",
    "## 2. The log",
    "## 3. Delivery",
    "## 4. Read models",
    "## 5. Photos",
    "## 6. Reading your own writes",
    "## 7. HTTP",
    "## 8. Terminal",
    "## 9. Layout",
    "## 10. Invariants",
]
CITED = re.compile(r"design\.md(?:\]\([^)]*\))?, section (\d+)(?:, rules? (\d+)(?: (?:and|to) (\d+))?)?")
WRAPPED = re.compile(r"\s*\n\s*(?:# )?")  # a citation may go on in the next line, also in that of a comment

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
    assert {int(row.split("|")[1]) for row in rows} == set(range(1, 10))
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


def project_files() -> list[Path]:
    """Every text file of the project that somebody wrote, the top folder's included."""
    files = [path for path in ROOT.iterdir() if path.name in ("Makefile", "pyproject.toml") or path.suffix == ".md"]
    for folder in FOLDERS:
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in WRITTEN]
    return sorted(files)


def sections() -> dict[int, str]:
    """The text of each of the design's sections, by number."""
    parts = re.split(r"^## (\d+)\. ", DESIGN.read_text(), flags=re.MULTILINE)[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2], strict=True)}


def rules(section: int) -> list[int]:
    """The numbers of the rules in one of the design's sections."""
    return [int(number) for number in re.findall(r"^(\d+)\. ", sections()[section], re.MULTILINE)]


def citations(path: Path) -> Iterator[tuple[int, set[int]]]:
    """The sections of the design that a file cites, and the rules in them."""
    for section, *cited in CITED.findall(WRAPPED.sub(" ", path.read_text())):
        yield int(section), {int(rule) for rule in cited if rule}


def rows_of_table(section: int) -> list[list[str]]:
    """The cells of the table in one of the design's sections, without its head."""
    lines = [line for line in sections()[section].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def names(cell: str) -> list[str]:
    """The names in a cell, separated by commas."""
    return [name.strip("` ") for name in cell.split(",") if name.strip()]


def test_the_design_has_its_ten_sections() -> None:
    assert re.findall(r"^## .*", DESIGN.read_text(), re.MULTILINE) == HEADINGS


def test_the_designs_rules_are_numbered_in_order() -> None:
    assert rules(3) == list(range(1, 12))
    assert rules(5) == list(range(1, 7))


def test_sections_and_rules_that_are_cited_exist() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: section {section}, rules {sorted(cited)}"
        for path in project_files()
        for section, cited in citations(path)
        if section not in sections() or not cited <= set(rules(section))
    ]
    assert wrong == []


def test_code_cites_the_design_by_section() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if path.suffix == ".py" and path != Path(__file__)
        if WRAPPED.sub(" ", path.read_text()).count("design.md") != len(list(citations(path)))
    ]
    assert vague == []


def test_no_file_cites_what_is_not_part_of_the_project() -> None:
    outside = re.compile(r"\b(?:DESIGN|FACTS|HOUSE|STYLE)\.md")
    assert [str(path.relative_to(ROOT)) for path in project_files() if outside.search(path.read_text())] == []


def test_the_designs_topics_keys_and_events_are_those_of_the_schemas() -> None:
    stated = {(topic, names(key)[0]): set(names(events)) for topic, key, events in rows_of_table(2)}
    defined: dict[tuple[str, str], set[str]] = {}
    for schema in all_schemas().values():
        defined.setdefault((schema.topic, schema.key), set()).add(schema.name)
    assert stated == defined
    assert {topic for topic, _ in stated} | {"deadletters"} == set(TOPICS)


def described(table: Table, kind: str, topic: str) -> list[str]:
    """What the design says of a table: all of its row but the last cell."""
    clustering = ", ".join(table.clustering) + (" ↓" if table.descending else "")
    return [table.name, ", ".join(table.partition), clustering, kind, topic]


def test_the_designs_read_models_are_those_of_the_catalog() -> None:
    expected: list[list[str]] = []
    for each in PROJECTIONS:
        table, *more = each.tables
        kind, with_more = ("tally", ", listed") if isinstance(each, Tally) else ("rows", ", indexed")
        expected.append(described(table, kind + with_more if more else kind, ", ".join(each.topics)))
    fed = [table for each in PROJECTIONS for table in each.tables]
    expected += [described(table, "working", "") for table in every_table() if table not in fed]
    assert sorted(row[:-1] for row in rows_of_table(4)) == sorted(expected)


def routes_of(app: FastAPI) -> set[str]:
    """An application's own routes: `GET /v1/me`."""
    paths = app.openapi()["paths"].items()
    return {f"{method.upper()} {path}" for path, methods in paths if path.startswith("/v1/") for method in methods}


def test_the_designs_routes_are_those_of_the_services() -> None:
    _, of_api, of_gateway = re.split(r"^The (?:API|gateway), ", sections()[7], flags=re.MULTILINE)
    for text, app in ((of_api, read_api), (of_gateway, gateway)):
        stated = [
            f"{method} {path}"
            for methods, path in re.findall(r"((?:[A-Z]+ )+)(/v1/\S+)", text)
            for method in methods.split()
        ]
        assert sorted(stated) == sorted(routes_of(app))


def test_the_designs_commands_are_those_of_the_terminal() -> None:
    commands = re.findall(r"\bdarkroom ((?:\w+ \| )*\w+)", sections()[8])
    assert {name for each in commands for name in each.split(" | ")} == set(COMMANDS)


if __name__ == "__main__":
    for path in DOCS:
        path.write_text(mended(path))
