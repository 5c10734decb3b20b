"""INSERT statements whose values are serialised here: the driver takes five times as long for it.

The native protocol's forms (version 5, section 6): a uuid is 16 bytes, bigint and timestamp (ms) 8, big endian.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

from events.error_text import described
from projections.store.protocol import Unstorable
from projections.store.table import Stamped, Table

UNBINDABLE = (TypeError, ValueError, AttributeError, struct.error, OverflowError)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
bigint = struct.Struct(">q").pack


def uuid(value: UUID) -> bytes:
    """A uuid."""
    return value.int.to_bytes(16, "big")


def boolean(value: bool) -> bytes:
    """A boolean. Raises TypeError for anything else."""
    if value is True:
        return b"\x01"
    if value is False:
        return b"\x00"
    raise TypeError(f"{value!r} isn't bool")


def timestamp(value: datetime) -> bytes:
    """A time, in whole milliseconds. Raises TypeError without a zone."""
    return bigint((value - EPOCH) // MILLISECOND)


WRITERS: dict[type, Callable[[Any], bytes]] = {
    UUID: uuid,
    str: str.encode,
    int: bigint,
    bool: boolean,
    datetime: timestamp,
}


class Insert:
    """One prepared INSERT … USING TIMESTAMP, of some of a table's columns."""

    def __init__(self, statement: PreparedStatement, table: Table, columns: tuple[str, ...]):
        self._statement = statement
        self._id: Any = statement.query_id
        self._writers = tuple(WRITERS[table.types[name]] for name in columns)

    def bound(self, row: Stamped) -> BoundStatement:
        """The statement with a row's values."""
        bound = BoundStatement(self._statement)
        bound.values = self._values(row)
        bound.is_idempotent = True
        return bound

    def add_to(self, batch: BatchStatement, row: Stamped) -> None:
        """Adds a row to a batch that has its first statement already: the driver routes the batch by that one."""
        entries: Any = batch._statements_and_parameters  # what `add` does, without a BoundStatement for each row
        entries.append((True, self._id, self._values(row)))

    def _values(self, row: Stamped) -> list[bytes]:
        values = [write(value) for write, value in zip(self._writers, row.upsert.values, strict=True)]
        values.append(bigint(row.stamp))
        return values


def request_of(inserts: Sequence[Insert], rows: Sequence[Stamped]) -> BoundStatement | BatchStatement:
    """The request that writes rows of one partition together.

    Raises Unstorable if a value isn't of its column's type."""
    try:
        first = inserts[0].bound(rows[0])
        if len(rows) == 1:
            return first
        batch = BatchStatement(BatchType.UNLOGGED)
        batch.is_idempotent = True
        batch.add(first)
        for insert, row in zip(inserts[1:], rows[1:], strict=True):
            insert.add_to(batch, row)
        return batch
    except UNBINDABLE as error:
        raise Unstorable(f"{rows[0].upsert.table.name}: {described(error)}") from error
