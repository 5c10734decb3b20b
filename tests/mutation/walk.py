"""Walks a module's syntax tree, without annotations and what else isn't mutated (left_out.py).

Inside an f-string nothing is mutated: before Python 3.12 the tree doesn't say where its parts are.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.mutation.left_out import is_left_out, keywords_of, value_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Place:
    """A node and where it is.

    `qualified`: the function's name with those of its classes, `<module>` outside of functions.
    `function`: the innermost one that executes the node; None for what is executed when the module is imported.
    `first`, `last`: the lines of its statement, without the statements inside it.
    `is_message`: it is in a `raise`, where strings are texts for people.
    """

    node: ast.AST
    qualified: str
    function: Function | None
    first: int
    last: int
    is_message: bool = False


def walk(tree: ast.Module) -> Iterator[Place]:
    """Every node that may be mutated, in the order of the source."""
    outside = Place(tree, "<module>", None, 1, 1)
    for statement in tree.body:
        yield from _visit(statement, outside, ())


def _visit(node: ast.AST, around: Place, names: tuple[str, ...]) -> Iterator[Place]:
    if is_left_out(node):
        return
    here = replace(around, node=node)
    if isinstance(node, ast.stmt):
        here = replace(here, first=node.lineno, last=_last_line(node), is_message=isinstance(node, ast.Raise))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names = (*names, node.name)
        here = replace(here, qualified=".".join(names) if isinstance(node, Function) else around.qualified)
        yield here
        for each in _of_definition(node):
            yield from _visit(each, here, names)
        inside = replace(here, function=node) if isinstance(node, Function) else here
        for statement in node.body:
            yield from _visit(statement, inside, names)
        return
    yield here
    for child in _children(node):
        yield from _visit(child, here, names)


def _of_definition(node: Function | ast.ClassDef) -> list[ast.expr]:
    """What is executed when a function or class is defined: decorators and defaults."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *(each.value for each in node.keywords)]
    return [*node.decorator_list, *node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.JoinedStr():
            return
        case ast.AnnAssign():
            yield from () if node.value is None else (node.value,)
        case ast.Assert():
            yield node.test
        case ast.Lambda():
            yield node.body
        case ast.Call():
            yield node.func
            yield from node.args
            yield from map(value_of, keywords_of(node))
        case _:
            yield from ast.iter_child_nodes(node)


def _last_line(statement: ast.stmt) -> int:
    """The last line of a statement's own expressions: of `if`, the one of its condition."""
    if isinstance(statement, Function | ast.ClassDef):
        return statement.body[0].lineno - 1 if statement.body[0].lineno > statement.lineno else statement.lineno
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if body is None:
        return statement.end_lineno or statement.lineno
    first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    return max(statement.lineno, first.lineno - 1)
