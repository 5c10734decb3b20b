"""Estimates how many bytes of memory a kept answer takes."""

from datetime import datetime
from sys import getsizeof
from typing import Any
from uuid import UUID

from projections.store.table import Table

Unit = tuple[Any, ...]  # (method, table, key or partition, bounds): what one answer answers
ENTRY = 260  # what an answer takes beside its unit's values and its own: objects, tuples and a place in a dictionary
ROW = 48  # a row without its values
VALUE = 8  # a reference
UUID_BYTES = getsizeof(UUID(int=1 << 127)) + getsizeof(1 << 127)
TIME_BYTES = getsizeof(datetime.min)


def size_of(value: Any) -> int:
    """The size of one value: of a column, or of an argument, which may be a tuple of others."""
    if value is None or isinstance(value, bool) or value == ():
        return VALUE
    if isinstance(value, UUID):
        return VALUE + UUID_BYTES
    if isinstance(value, datetime):
        return VALUE + TIME_BYTES
    if isinstance(value, tuple):
        return VALUE + getsizeof(value) + sum(map(size_of, value))
    return VALUE + getsizeof(value)


def row_size(table: Table, row: Any) -> int:
    """The size of a row, or of None."""
    return ROW + sum(size_of(getattr(row, name)) for name in table.columns) if row is not None else 0


def answer_size(unit: Unit, value: Any) -> int:
    """The size of a kept answer: one row or None, or a tuple of rows."""
    rows = value if isinstance(value, tuple) else (value,)
    return ENTRY + sum(map(size_of, unit[2:])) + VALUE * len(rows) + sum(row_size(unit[1], row) for row in rows)
