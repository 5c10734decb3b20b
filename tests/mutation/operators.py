"""Lists the mutation operators: each takes a node of the syntax tree and yields edits, each of them one mistake.

None is made where nothing is said of a rule (left_out.py); a test that noticed it would only repeat the line:
- Docstrings, annotations, type arguments (also those of `field(default_factory=dict[int, str])`): nothing reads them
  while the program runs, but for a fold's annotation, which is its subscription.
- Logs, metrics and `__repr__`: they tell people something, and nothing depends on their words.
- Options of `@dataclass`: pyright checks that nobody assigns to a frozen instance or passes keywords by position, and
  slots save memory.
- The size of an `lru_cache`: how much is remembered changes the speed, not the answer.
- `strict` of `zip`: it checks what the lines above it have made sure of, so that a mistake there isn't silent.
- What only OpenAPI shows: constants named EXAMPLE…, `json_schema_extra`, descriptions and titles, and the arguments of
  `documents` and `documents_page`. The other options of a `model_config` are rules, and are mutated.
"""

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
