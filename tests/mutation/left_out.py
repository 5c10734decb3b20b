"""Tells which nodes say nothing of a rule, so that no mistake is made in them; operators.py gives the reasons."""

import ast

# What only tells people something: `logger.warning(…)`, `print(…)`, `FOLDED.labels(topic).inc()`.
TELLING = frozenset({"logger", "logging", "print", "echo", "inc", "dec", "observe", "labels"})
DEFINITIONS = frozenset({"Counter", "Gauge", "Histogram", "Summary", "TypeVar", "getLogger", "NewType"})
TYPE_ONLY = frozenset({"Literal", "Annotated"})
FOR_PEOPLE = frozenset({"description", "summary", "title", "examples", "example", "help", "json_schema_extra"})
DOCUMENTING = frozenset({"documents", "documents_page"})  # what they return is a route's documentation
DECORATORS = frozenset({"dataclass", "lru_cache"})  # their options are no rules
EXAMPLE = "EXAMPLE"  # what the names of the documentation's examples begin with


def is_left_out(node: ast.AST) -> bool:
    """Whether nothing inside a node is mutated."""
    match node:
        case ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(ast.Call() as call):
            return bool(TELLING & _names(call.func))
        case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(ast.Name(name)) if name.startswith(EXAMPLE):
            return True
        case ast.Assign(value=ast.Call(func)):
            return bool(DEFINITIONS & _names(func))
        case ast.Call(func):
            return bool((DECORATORS | DOCUMENTING) & _names(func))
        case ast.FunctionDef(name="__repr__"):
            return True
        case ast.Subscript(ast.Name(name)):
            return name in TYPE_ONLY
        case ast.If(test):
            return bool({"TYPE_CHECKING", "__name__"} & _names(test))
        case _:
            return False


def keywords_of(call: ast.Call) -> list[ast.keyword]:
    """A call's keywords that say something of a rule."""
    return [each for each in call.keywords if not _is_silent(call, each)]


def value_of(keyword: ast.keyword) -> ast.AST:
    """What of a keyword is mutated: of `default_factory=dict[int, str]` not the types."""
    if keyword.arg == "default_factory" and isinstance(keyword.value, ast.Subscript):
        return keyword.value.value
    return keyword


def _is_silent(call: ast.Call, keyword: ast.keyword) -> bool:
    if keyword.arg == "strict":
        return isinstance(call.func, ast.Name) and call.func.id == "zip"
    documents = keyword.arg is None and isinstance(keyword.value, ast.Call) and is_left_out(keyword.value)
    return documents or keyword.arg in FOR_PEOPLE


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)
    }
