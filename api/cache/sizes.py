"""Estimates how many bytes of memory a kept answer takes."""

from datetime import datetime
from sys import getsizeof
from typing import Any
from uuid import UUID

from projections.store.table import Table

Unit = tuple[Any, ...]  # (method, table, key or partition, bounds): what one answer answers
ENTRY = 260  # what an answer takes beside its unit's values and its own: objects, tuples and a place in a dictionary
KEY = 200  # what the values of a unit take, about
MEASURED = 16
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


class Made:
    """A kind of what is made of rows and kept as answers are. It stands in units where a table does, and each value of
    it says how many bytes it takes, as `size`."""

    def __init__(self, name: str):
        self.name = name


class SizeEstimates:
    """Sizes of answers. What was made of rows says its own. Of rows, every sixteenth of a table is measured, and its
    first ones; the others are taken to be as large as those were on average, because measuring costs more than all else
    that is done to keep a row."""

    def __init__(self) -> None:
        self._seen: dict[Table, tuple[int, int, int]] = {}  # rows seen, rows measured, and their bytes

    def size(self, unit: Unit, value: Any) -> int:
        """The size of an answer: one row or None, or a tuple of rows."""
        table: Table | Made = unit[1]
        if isinstance(table, Made):
            return ENTRY + KEY + value.size
        rows = value if isinstance(value, tuple) else () if value is None else (value,)
        seen, measured, size = self._seen.get(table, (0, 0, 0))
        due = rows if measured < MEASURED else rows[-seen % MEASURED :: MEASURED]
        if due:
            measured, size = measured + len(due), size + sum(row_size(table, row) for row in due)
        self._seen[table] = (seen + len(rows), measured, size)
        if rows and len(due) == len(rows):
            return answer_size(unit, value)
        return ENTRY + KEY + len(rows) * (VALUE + size // max(measured, 1))


def answer_size(unit: Unit, value: Any) -> int:
    """The size of an answer, measured: one row or None, or a tuple of rows."""
    rows = value if isinstance(value, tuple) else (value,)
    return ENTRY + sum(map(size_of, unit[2:])) + VALUE * len(rows) + sum(row_size(unit[1], row) for row in rows)
