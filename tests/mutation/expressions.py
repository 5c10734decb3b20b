"""Mutates expressions: comparisons, arithmetic, constants, arguments, elements."""

import ast
import re
from collections.abc import Iterator, Sequence

from tests.mutation.code import Code, Edit
from tests.mutation.left_out import keywords_of
from tests.mutation.walk import Place

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: (r"\bis\b", ("is not",)),
    ast.IsNot: (r"\bis\s+not\b", ("is",)),
    ast.In: (r"\bin\b", ("not in",)),
    ast.NotIn: (r"\bnot\s+in\b", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
PROSE = re.compile(r"\S+ \S+ \S")  # three words: a text for people


def comparison_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """`<` becomes `<=` or `>=`, `==` becomes `!=`, `in` becomes `not in`, and so on."""
    if isinstance(place.node, ast.Compare):
        operands = [place.node.left, *place.node.comparators]
        for left, right, kind in zip(operands, operands[1:], place.node.ops, strict=False):
            pattern, others = COMPARISONS[type(kind)]
            for other in others:
                yield from _between(code, left, right, pattern, other)


def and_or_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """`and` becomes `or`, and the other way round."""
    if isinstance(place.node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(place.node.op, ast.And) else ("or", "and")
        for left, right in zip(place.node.values, place.node.values[1:], strict=False):
            yield from _between(code, left, right, rf"\b{old}\b", new)


def not_dropped(code: Code, place: Place) -> Iterator[Edit]:
    """`not x` becomes `x`."""
    if isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.Not):
        yield code.replaced(place.node, code.of(place.node.operand))


def arithmetic_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """`+` becomes `-`, `*` becomes `/`, `<<` becomes `>>`, and so on; in augmented assignments too."""
    node = place.node
    if isinstance(node, ast.BinOp) and not is_union(node):
        old, new = ARITHMETIC[type(node.op)]
        yield from _between(code, node.left, node.right, re.escape(old), new)
    elif isinstance(node, ast.AugAssign):
        old, new = ARITHMETIC[type(node.op)]
        yield from _between(code, node.target, node.value, re.escape(old), new)


def number_changed(code: Code, place: Place) -> Iterator[Edit]:
    """A number becomes one more, and one less."""
    node = place.node
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield code.replaced(node, repr(node.value + 1))
        yield code.replaced(node, repr(node.value - 1))


def true_false_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """True becomes False, and the other way round."""
    if isinstance(place.node, ast.Constant) and isinstance(place.node.value, bool):
        yield code.replaced(place.node, repr(not place.node.value))


def string_changed(code: Code, place: Place) -> Iterator[Edit]:
    """A string gets an X in front; texts for people stay: those in `raise` and those of three words or more."""
    node = place.node
    if place.is_message or not isinstance(node, ast.JoinedStr | ast.Constant):
        return
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes):
        return
    text = code.of(node)
    if PROSE.search(text) is None and (start := re.match(r"[A-Za-z]*(\"\"\"|'''|\"|')", text)):
        yield code.replaced(node, f"{start[0]}X{text[start.end() :]}")


def argument_dropped(code: Code, place: Place) -> Iterator[Edit]:
    """A call loses a keyword, or the last of several arguments."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    items = sorted([*node.args, *node.keywords], key=code.span)
    keywords = keywords_of(node)
    for i, item in enumerate(items):
        if item in keywords or (len(node.args) > 1 and item is node.args[-1]):
            yield _without(code, items, i)


def sibling_passed(code: Code, place: Place) -> Iterator[Edit]:
    """A call is given another parameter of the function, of the same type."""
    if not isinstance(place.node, ast.Call) or place.function is None:
        return
    arguments = place.function.args
    types = {
        each.arg: ast.dump(each.annotation)
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if each.annotation is not None
    }
    for value in (*place.node.args, *(each.value for each in place.node.keywords)):
        if isinstance(value, ast.Name) and value.id in types:
            others = [name for name, of in types.items() if of == types[value.id] and name != value.id]
            if others:
                yield code.replaced(value, others[0])


def element_dropped(code: Code, place: Place) -> Iterator[Edit]:
    """A list, tuple, set or dict loses an element."""
    node = place.node
    if isinstance(node, ast.Dict):
        keys = [value if key is None else key for key, value in zip(node.keys, node.values, strict=True)]
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and len(keys) > 1:
                after = [each for each in keys if code.span(each) > code.span(value)]
                start = code.span(key)[0]
                if after and None not in node.keys:
                    yield Edit(start, code.span(after[0])[0], "")
                else:
                    yield Edit(start, code.span(value)[1], "")
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        for kept in reversed(node.elts):
            yield code.replaced(node, f"({code.of(kept)},)")
    elif isinstance(node, ast.Set) and len(node.elts) == 1:
        yield code.replaced(node, "set()")
    elif isinstance(node, ast.List | ast.Tuple | ast.Set) and not isinstance(getattr(node, "ctx", None), ast.Store):
        for i in range(len(node.elts)):
            yield _without(code, node.elts, i)


def union_member_dropped(code: Code, place: Place) -> Iterator[Edit]:
    """A union of types loses a member; only inside functions, where something depends on it."""
    node = place.node
    if isinstance(node, ast.BinOp) and is_union(node) and place.function is not None:
        yield code.replaced(node, code.of(node.left))
        yield code.replaced(node, code.of(node.right))


def function_swapped(code: Code, place: Place) -> Iterator[Edit]:
    """`min` becomes `max`, `any` becomes `all`, and the other way round."""
    if isinstance(place.node, ast.Call) and isinstance(place.node.func, ast.Name) and place.node.func.id in FUNCTIONS:
        yield code.replaced(place.node.func, FUNCTIONS[place.node.func.id])


def is_union(node: ast.expr) -> bool:
    """Whether it is a union of types: names that begin with a capital, and None."""
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return is_union(left) and is_union(right)
        case ast.Name(name) | ast.Attribute(attr=name):
            return name[:1].isupper() and not name.isupper()
        case ast.Constant(None):
            return True
        case _:
            return False


def _between(code: Code, left: ast.expr, right: ast.expr, pattern: str, new: str) -> Iterator[Edit]:
    """Replaces the operator between two operands, among parentheses perhaps."""
    start, end = code.span(left)[1], code.span(right)[0]
    gap = code.between(start, end)
    if found := re.search(pattern, gap):
        yield Edit(start, end, gap[: found.start()] + new + gap[found.end() :])


def _without(code: Code, items: Sequence[ast.AST], i: int) -> Edit:
    """Drops one of the items that commas separate."""
    start, end = code.span(items[i])
    if i + 1 < len(items):
        return Edit(start, code.span(items[i + 1])[0], "")
    return Edit(code.span(items[i - 1])[1] if i else start, end, "")
