"""Each operator makes the mistakes that it says, on a line of source, and none where nothing is mutated."""

from pathlib import Path

import pytest

from tests.mutation.sites import Mutant, mutants_of

IN_FUNCTION = [
    ("comparison_swapped", "return a < b", {"return a <= b", "return a >= b"}),
    ("comparison_swapped", "return a is not b", {"return a is b"}),
    ("comparison_swapped", "return a not  in b", {"return a in b"}),
    ("comparison_swapped", "return (a) == (b)", {"return (a) != (b)"}),
    ("and_or_swapped", "return a and b", {"return a or b"}),
    ("not_dropped", "return not a", {"return a"}),
    ("arithmetic_swapped", "return a // b", {"return a * b"}),
    ("arithmetic_swapped", "a += b", {"a -= b"}),
    ("number_changed", "return 7", {"return 8", "return 6"}),
    ("true_false_swapped", "return True", {"return False"}),
    ("string_changed", "return 'øre'", {"return 'Xøre'"}),
    ("string_changed", "return f'{a}'", {"return f'X{a}'"}),
    ("argument_dropped", "return a(b, 1, c=2)", {"return a(b, c=2)", "return a(b, 1)"}),
    ("sibling_passed", "return a(x)", {"return a(y)"}),
    ("element_dropped", "return [a, b]", {"return [b]", "return [a]"}),
    ("element_dropped", "return a, b", {"return (a,)", "return (b,)"}),
    ("element_dropped", "return {1}", {"return set()"}),
    ("element_dropped", "return {1: a, 2: b}", {"return {2: b}", "return {1: a, }"}),
    (
        "union_member_dropped",
        "return isinstance(a, Begin | End)",
        {"return isinstance(a, Begin)", "return isinstance(a, End)"},
    ),
    ("function_swapped", "return min(a, b)", {"return max(a, b)"}),
    ("nothing_returned", "return a", {"return None"}),
    ("statement_deleted", "await a()", {"pass"}),
    ("statement_deleted", "a += 1", {"pass"}),
    ("condition_forced", "return a if b else x", {"return a if True else x", "return a if False else x"}),
    ("condition_forced", "return [a for a in b if a]", {"return [a for a in b if True]"}),
]
LEFT_OUT = [
    "'''A docstring.'''",
    "raise Problem('not found')",
    "return 'A text for people.'",
    "logger.warning('%s', 3)",
    "FOLDED.labels('x').inc()",
    "a: list[int] | None",
    "assert a, 'reason'",
]


def found(tmp_path: Path, source: str) -> list[Mutant]:
    """The mutants of a module with this source."""
    (tmp_path / "module.py").write_text(source)
    return mutants_of("module", tmp_path)


@pytest.mark.parametrize(("operator", "line", "expected"), IN_FUNCTION)
def test_an_operator_makes_its_mistakes(tmp_path: Path, operator: str, line: str, expected: set[str]) -> None:
    mutants = found(tmp_path, f"async def f(x: int, y: int):\n    {line}\n")
    assert {each.name.mutated for each in mutants if each.operator == operator} == expected
    assert {each.name.function for each in mutants} == {"f"}


@pytest.mark.parametrize("line", LEFT_OUT)
def test_texts_for_people_types_and_metrics_are_left_alone(tmp_path: Path, line: str) -> None:
    values = {"number_changed", "string_changed", "argument_dropped", "union_member_dropped"}
    assert [each for each in found(tmp_path, f"def f():\n    {line}\n") if each.operator in values] == []


def test_a_repr_and_what_metrics_are_defined_by_are_left_alone(tmp_path: Path) -> None:
    assert found(tmp_path, "class A:\n    def __repr__(self):\n        return 'A' + str(1)\n") == []
    assert found(tmp_path, "FOLDED = Counter('folded', 'Folded', ['topic'])\n") == []


def test_a_match_loses_a_case_and_a_case_an_alternative(tmp_path: Path) -> None:
    source = "def f(a):\n    match a:\n        case 1 | 2:\n            b()\n        case _:\n            c()\n"
    mutants = [each for each in found(tmp_path, source) if each.operator == "case_dropped"]
    assert [each.name.original for each in mutants] == ["case 1 | 2: b()", "case 1 | 2:", "case 1 | 2:", "case _: c()"]
    assert [each.name.mutated for each in mutants] == ["(nothing)", "case 2:", "case 1:", "(nothing)"]


def test_a_loop_goes_on_instead_of_ending(tmp_path: Path) -> None:
    mutants = found(tmp_path, "def f(a):\n    for b in a:\n        if b:\n            break\n")
    assert "continue" in {each.name.mutated for each in mutants}


def test_a_projection_loses_one_of_its_events(tmp_path: Path) -> None:
    source = "@projection\ndef liked(event: Liked | Unliked) -> list[int]:\n    return []\n"
    assert {each.name.mutated for each in found(tmp_path, source)} == {
        "def liked(event: Liked) -> list[int]:",
        "def liked(event: Unliked) -> list[int]:",
    }


def test_defaults_are_executed_when_the_module_is_imported(tmp_path: Path) -> None:
    mutants = found(tmp_path, "def f(a: int = 7):\n    return a\n")
    assert {(each.name.mutated, each.at_import) for each in mutants} == {
        ("def f(a: int = 8):", True),
        ("def f(a: int = 6):", True),
        ("return None", False),
    }


def test_the_same_line_twice_in_a_function_gives_two_names(tmp_path: Path) -> None:
    names = [each.name for each in found(tmp_path, "def f(a):\n    b(a, 1)\n    b(a, 1)\n")]
    assert len(set(names)) == len(names)
    assert {each.nth for each in names} == {1, 2}


def test_a_diff_shows_the_line_that_is_wrong(tmp_path: Path) -> None:
    mutant = next(each for each in found(tmp_path, "def f(a):\n    return a < 1\n") if "<=" in each.name.mutated)
    assert mutant.diff().splitlines()[-2:] == ["-    return a < 1", "+    return a <= 1"]
