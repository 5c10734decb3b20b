"""A planted mistake that the tests notice is killed; one that they don't, or never reach, survives."""

from pathlib import Path

import pytest

from tests.mutation import covering
from tests.mutation.covering import Covering, covering_of
from tests.mutation.report import report, totals_of
from tests.mutation.running import NO_TEST, FailingTests, Result, measure, run
from tests.mutation.sites import Mutant, mutants_of

RULES = """LIMIT = 3

def may_join(members: int) -> bool:
    return members < LIMIT

def unreached() -> int:
    return 5

def countdown(n: int) -> int:
    while n > 0:
        n -= 1
    return n
"""
TESTS = """import pytest
from tiny.rules import may_join, countdown

def test_a_full_roll_is_not_joined():
    assert not may_join(4)

def test_a_countdown_ends():
    assert countdown(3) == 0

@pytest.fixture
def servers():
    raise AssertionError("servers were started")

def test_servers(servers):
    pass

@pytest.fixture(params=["fake", "real"])
def kept(request):
    return request.getfixturevalue("servers") if request.param == "real" else 1

def test_either(kept):
    assert kept == 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one module and one file of tests."""
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny/__init__.py").touch()
    (tmp_path / "tiny/rules.py").write_text(RULES)
    (tmp_path / "test_rules.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    return tmp_path


def planted(project: Path, mutated: str) -> Mutant:
    """The mutant with this line."""
    return next(each for each in mutants_of("tiny.rules", project) if each.name.mutated == mutated)


def test_a_noticed_mistake_is_killed_and_others_survive(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "SPARE_SECONDS", 2.0)  # one mistake makes its test go on for ever
    covered = covering_of(measure(project, ["tiny"]), project, ["tiny"])
    assert {name.split("::")[1] for name in covered.seconds} == {
        "test_a_full_roll_is_not_joined",
        "test_a_countdown_ends",
        "test_either",
    }
    lines = ["return members >= LIMIT", "return members <= LIMIT", "return 6", "LIMIT = 2", "n += 1"]
    mutants = [planted(project, line) for line in lines]
    told: list[Result] = []
    results = run(mutants, covered, project, 1, told.append)
    assert told == results
    assert [(result.killed, result.reason) for result in results] == [
        (True, "test_rules.py::test_a_full_roll_is_not_joined"),
        (False, "1 tests pass"),
        (False, NO_TEST),
        (False, "2 tests pass"),
        (True, "a test took too long"),
    ]
    accepted = {mutants[3].name: "the limit is whatever we say"}
    assert report(results, accepted).endswith(
        "5 mutants: 2 killed, 3 survived (1 equivalent by docs/mutants.md), 1 on lines no test runs: "
        "50.0 % of those not equivalent killed"
    )
    assert not totals_of(results, accepted).enough


def test_tests_that_fail_without_a_mutant_say_nothing_of_mutants(project: Path) -> None:
    (project / "test_wrong.py").write_text("def test_wrong():\n    assert False\n")
    with pytest.raises(FailingTests, match=r"test_wrong\.py::test_wrong"):
        measure(project, ["tiny"])


def test_what_runs_at_import_is_tested_by_what_imports_it(project: Path) -> None:
    mutant = planted(project, "LIMIT = 2")
    lines = {str(mutant.path): {4: ["own"]}, "user.py": {9: ["users"]}, "other.py": {1: ["others"]}}
    covered = Covering(lines, {"own": 2.0, "users": 1.0, "others": 0.5}, {"tiny.rules": {"user.py"}})
    assert list(covered.tests_for(mutant)) == ["users", "own"]


def test_so_is_a_function_that_is_called_at_import(project: Path) -> None:
    mutant = planted(project, "return 6")
    covered = Covering(
        {str(mutant.path): {7: [""]}, "user.py": {9: ["users"]}}, {"users": 1.0}, {"tiny.rules": {"user.py"}}
    )
    assert list(covered.tests_for(mutant)) == ["users"]
