"""A prepared SELECT of a table: its values as bytes, and its rows made of bytes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, SafeUUID

from cassandra import cqltypes
from cassandra.bytesio import BytesIOReader
from cassandra.deserializers import make_deserializers
from cassandra.obj_parser import ListParser
from cassandra.parsing import ParseDesc
from cassandra.query import PreparedStatement

from projections.store.direct.frames import VERSION, execute_head, int32
from projections.store.inserts import bigint, boolean, timestamp, uuid
from projections.store.table import Table

Write = Callable[[Any], bytes]
WRITERS: dict[Any, Write] = {
    cqltypes.UUIDType: uuid,
    cqltypes.UTF8Type: str.encode,
    cqltypes.VarcharType: str.encode,
    cqltypes.LongType: bigint,
    cqltypes.Int32Type: int32,
    cqltypes.BooleanType: boolean,
    cqltypes.DateType: timestamp,
}
PARSER = ListParser()
make, set_int, set_is_safe = UUID.__new__, UUID.__dict__["int"].__set__, UUID.__dict__["is_safe"].__set__


class Ids(dict[bytes | None, UUID | None]):
    """The ids of one answer by their bytes, each made once: a quarter of the time that UUID takes for each."""

    def __init__(self) -> None:
        super().__init__({None: None})

    def __missing__(self, key: bytes) -> UUID:
        made = self[key] = make(UUID)
        set_int(made, int.from_bytes(key, "big"))
        set_is_safe(made, SafeUUID.unknown)
        return made


class Read:
    """What a table's SELECT of all its columns looks like on the wire."""

    def __init__(self, statement: PreparedStatement, table: Table):
        self._row: Callable[..., Any] = table.row
        self.columns = len(table.columns)
        self._ids = tuple(i for i, name in enumerate(table.columns) if table.types[name] is UUID)
        self._times = tuple(i for i, name in enumerate(table.columns) if table.types[name] is datetime)
        prepared: Any = statement  # the driver's attributes have no types
        asked, told = prepared.column_metadata, prepared.result_metadata
        self._writers = tuple(writer_of(column.type) for column in asked)
        self._head = execute_head(prepared.query_id, len(asked))
        # Ids stay bytes, for `Ids`.
        types = [cqltypes.BytesType if column[3] is cqltypes.UUIDType else column[3] for column in told]
        names = list(table.columns)
        self._described = ParseDesc(names, types, None, names, make_deserializers(types), VERSION)

    def request(self, values: Sequence[Any]) -> bytes:
        """The body of a request with these values. Raises one of `inserts.UNBINDABLE` for one of another type."""
        parts = [self._head]
        for write, value in zip(self._writers, values, strict=True):
            written = write(value)
            parts += (int32(len(written)), written)
        return b"".join(parts)

    def rows(self, encoded: bytes) -> list[Any]:
        """The table's rows, of their number and the values of each."""
        ids, row_of, found = Ids(), self._row, []
        for values in PARSER.parse_rows(BytesIOReader(encoded), self._described):
            row = list(values)
            for i in self._ids:
                row[i] = ids[row[i]]
            for i in self._times:
                if row[i] is not None:
                    row[i] = row[i].replace(tzinfo=UTC)
            found.append(row_of(*row))
        return found


def writer_of(kind: Any) -> Write:
    """What makes bytes of a value of one of the driver's types."""
    inner: Any = getattr(kind, "subtypes", ())
    if issubclass(kind, cqltypes.ListType):
        write = writer_of(inner[0])

        def write_list(values: Sequence[Any]) -> bytes:
            parts = [int32(len(values))]
            for value in values:
                written = write(value)
                parts += (int32(len(written)), written)
            return b"".join(parts)

        return write_list
    return WRITERS.get(kind) or (lambda value: kind.serialize(value, VERSION))
