"""Holds a module's source with the places of its syntax tree, and edits it there."""

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the bytes from `start` to `end` by a text."""

    start: int
    end: int
    text: str


class Code:
    """A module's source. Places are offsets in bytes, as the syntax tree counts columns in bytes."""

    def __init__(self, text: str):
        self.text, self.bytes = text, text.encode()
        self.tree = ast.parse(text)
        self._lines = [0]
        for line in self.bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The place of a line (from 1) and a column (from 0)."""
        return self._lines[line - 1] + column

    def line(self, offset: int) -> int:
        """The number of the line, from 1, that holds a place."""
        return self.bytes.count(b"\n", 0, offset) + 1

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword | ast.arg | ast.pattern)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        """The source of a node."""
        return self.between(*self.span(node))

    def between(self, start: int, end: int) -> str:
        """The source between two places."""
        return self.bytes[start:end].decode()

    def replaced(self, node: ast.AST, text: str) -> Edit:
        """The edit that puts a text in a node's place."""
        return Edit(*self.span(node), text)

    def edited(self, edit: Edit) -> str:
        """The source after an edit."""
        return (self.bytes[: edit.start] + edit.text.encode() + self.bytes[edit.end :]).decode()


def read_code(path: Path) -> Code:
    """A file's source."""
    return Code(path.read_text())
