"""Lists the mutation operators: each takes a node of the syntax tree and yields edits, each of them one mistake."""

from collections.abc import Callable, Iterator

from tests.mutation import expressions as e
from tests.mutation import statements as s
from tests.mutation.code import Code, Edit
from tests.mutation.walk import Place

Operator = Callable[[Code, Place], Iterator[Edit]]

OPERATORS: tuple[Operator, ...] = (
    e.comparison_swapped,
    e.and_or_swapped,
    e.not_dropped,
    e.arithmetic_swapped,
    e.number_changed,
    e.true_false_swapped,
    e.string_changed,
    e.argument_dropped,
    e.sibling_passed,
    e.element_dropped,
    e.union_member_dropped,
    e.function_swapped,
    s.nothing_returned,
    s.statement_deleted,
    s.condition_forced,
    s.case_dropped,
    s.break_continue_swapped,
    s.subscription_narrowed,
)
