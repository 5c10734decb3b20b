"""Mutates statements: returns, calls, conditions, cases, loops, subscriptions."""

import ast
from collections.abc import Iterator

from tests.mutation.code import Code, Edit
from tests.mutation.core import SUBSCRIBING
from tests.mutation.walk import Place

LISTS = ("list[", "Sequence[")


def nothing_returned(code: Code, place: Place) -> Iterator[Edit]:
    """A function returns None; one that returns a list, an empty one."""
    node = place.node
    if not isinstance(node, ast.Return) or node.value is None or place.function is None:
        return
    returns = place.function.returns
    nothing = "[]" if returns is not None and code.of(returns).startswith(LISTS) else "None"
    if code.of(node.value) not in (nothing, "()"):
        yield code.replaced(node, f"return {nothing}")


def statement_deleted(code: Code, place: Place) -> Iterator[Edit]:
    """A call, an awaited call, an augmented assignment, or one to an attribute or an item, isn't made."""
    node = place.node
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call):
            yield code.replaced(node, "pass")
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute | ast.Subscript)
        and not place.qualified.endswith("__init__")
    ):
        yield code.replaced(node, "pass")


def condition_forced(code: Code, place: Place) -> Iterator[Edit]:
    """A condition always holds, or never does: of `if`, a conditional expression, a comprehension, a case."""
    node = place.node
    if isinstance(node, ast.If | ast.IfExp):
        yield from (code.replaced(node.test, text) for text in ("True", "False"))
    elif isinstance(node, ast.While):
        yield code.replaced(node.test, "False")
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for generator in node.generators:
            yield from (code.replaced(condition, "True") for condition in generator.ifs)
    elif isinstance(node, ast.Match):
        for case in node.cases:
            if case.guard is not None:
                yield from (code.replaced(case.guard, text) for text in ("True", "False"))


def case_dropped(code: Code, place: Place) -> Iterator[Edit]:
    """A match loses one of its cases, or a case one of its alternatives."""
    node = place.node
    if not isinstance(node, ast.Match):
        return
    for case in node.cases:
        if len(node.cases) > 1:
            yield Edit(code.offset(case.pattern.lineno, node.col_offset), code.span(case.body[-1])[1], "")
        if isinstance(case.pattern, ast.MatchOr):
            for i in range(len(case.pattern.patterns)):
                kept = [code.of(each) for j, each in enumerate(case.pattern.patterns) if i != j]
                yield code.replaced(case.pattern, " | ".join(kept))


def break_continue_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """`break` becomes `continue`, and the other way round."""
    if isinstance(place.node, ast.Break):
        yield code.replaced(place.node, "continue")
    elif isinstance(place.node, ast.Continue):
        yield code.replaced(place.node, "break")


def subscription_narrowed(code: Code, place: Place) -> Iterator[Edit]:
    """A fold isn't given one of its events: its annotation, which is its subscription, loses it."""
    node = place.node
    if not isinstance(node, ast.FunctionDef) or not any(_name(each) in SUBSCRIBING for each in node.decorator_list):
        return
    annotation = node.args.args[0].annotation
    if annotation is not None and len(members := _members(annotation)) > 1:
        for dropped in members:
            kept = [code.of(each) for each in members if each is not dropped]
            yield code.replaced(annotation, " | ".join(kept))


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""


def _members(annotation: ast.expr) -> list[ast.expr]:
    if isinstance(annotation, ast.BinOp):
        return [*_members(annotation.left), *_members(annotation.right)]
    return [annotation]
