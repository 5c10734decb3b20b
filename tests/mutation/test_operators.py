"""Each operator makes the mistakes that it says, on a line of source, and none where nothing is mutated."""

from pathlib import Path

import pytest

from tests.mutation import core
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


SILENT = [
    "@dataclass(frozen=True, slots=True, kw_only=True)\nclass A: ...",
    "@dataclasses.dataclass(frozen=True)\nclass A: ...",
    "@lru_cache(maxsize=4)\ndef f(): ...",
    "@lru_cache(4)\ndef f(): ...",
    "EXAMPLE_USER: dict[str, str] = {'name': 'Ada', 'handle': 'ada'}",
    "EXAMPLE = {'name': 'Ada', 'handle': 'ada'}",
    "model_config = ConfigDict(json_schema_extra={'examples': [{'a': 1}]})",
    "@router.get(path, **responses.documents(Photo, 404))\ndef f(): ...",
    "@router.get(path, **responses.documents_page(Photo, 404))\ndef f(): ...",
    "Path(description='One', examples=['@ada'])",
]
# What stands beside it and is a rule.
SAID = [
    ("pairs = f(a, strict=True)", {"pairs = f(a, strict=False)", "pairs = f(a, )", "pairs = f(a)"}),
    ("model_config = ConfigDict(extra='forbid')", {"model_config = ConfigDict(extra='Xforbid')"}),
    ("@lru_cache(4)\ndef f(a=1): ...", {"def f(a=2): ..."}),
    (
        "@router.get('/a', **responses.documents(Photo, 404))\ndef f(): ...",
        {"@router.get('X/a', **responses.documents(Photo, 404))"},
    ),
    ("@router.get('/a', **others(1))\ndef f(): ...", {"@router.get('/a')", "@router.get('/a', **others(2))"}),
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


@pytest.mark.parametrize("source", SILENT)
def test_what_says_nothing_of_a_rule_is_left_alone(tmp_path: Path, source: str) -> None:
    wrong = {"argument_dropped", "element_dropped", "number_changed", "true_false_swapped", "string_changed"}
    assert [str(each.name) for each in found(tmp_path, source + "\n") if each.operator in wrong] == []


@pytest.mark.parametrize(
    ("source", "mutated"),
    [
        ("pairs = zip(a, b, strict=True)", "pairs = zip(a, strict=True)"),
        ("a = field(default_factory=dict[int, str])", "a = field()"),
    ],
)
def test_neither_is_the_strictness_of_a_zip_nor_a_type_argument(tmp_path: Path, source: str, mutated: str) -> None:
    assert [each.name.mutated for each in found(tmp_path, source + "\n")] == [mutated]


@pytest.mark.parametrize(("source", "some"), SAID)
def test_what_stands_beside_it_is_not(tmp_path: Path, source: str, some: set[str]) -> None:
    assert some & {each.name.mutated for each in found(tmp_path, source + "\n")}


def test_parts_that_only_servers_run_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "ONLY_WITH_SERVERS", {"module": ("Real",)})
    mutants = found(tmp_path, "class Real:\n    def f(self): return 1\n\nclass Fake:\n    def f(self): return 1\n")
    assert {each.name.function for each in mutants} == {"Fake.f"}


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
