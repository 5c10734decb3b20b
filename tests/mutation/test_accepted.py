"""docs/mutants.md names mutants that exist, in a form that can be read."""

import ast
from pathlib import Path

import pytest

from tests.mutation.accepted import DOCS, Malformed, read_accepted
from tests.mutation.core import MODULES, ONLY_WITH_SERVERS
from tests.mutation.sites import Name, mutants_of, path_of

ROOT = Path(__file__).resolve().parents[2]


def test_every_entry_names_a_mutant_of_today() -> None:
    accepted = read_accepted(ROOT / DOCS)
    modules = {name.module for name in accepted}
    assert modules <= set(MODULES)
    assert accepted.keys() <= {mutant.name for module in modules for mutant in mutants_of(module, ROOT)}


def test_every_core_module_exists() -> None:
    assert [module for module in MODULES if not path_of(module, ROOT).exists()] == []


def test_every_part_that_only_servers_run_exists() -> None:
    for module, parts in ONLY_WITH_SERVERS.items():
        assert module in MODULES
        tree = ast.parse(path_of(module, ROOT).read_text())
        assert set(parts) <= {getattr(node, "name", "") for node in tree.body}


def test_an_entry_is_what_a_mutant_is_printed_as(tmp_path: Path) -> None:
    name = Name("a.b", "F.g", "return x < 1", "return x <= 1", 2)
    (tmp_path / "docs.md").write_text(f"# Title\n\n## a.b\n\n- {name}: x is never 1,\n  as it is even.\n")
    assert read_accepted(tmp_path / "docs.md") == {name: "x is never 1, as it is even."}


@pytest.mark.parametrize("line", ["- `f`: `a` to `b`: reason", "- `f`: `a` → `b`:"])
def test_an_entry_without_its_form_or_reason_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "docs.md").write_text(f"## a.b\n\n{line}\n")
    with pytest.raises(Malformed):
        read_accepted(tmp_path / "docs.md")
