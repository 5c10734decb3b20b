"""How answers are written for the fleet: MessagePack, read as the types of the table's columns and nothing else."""

from functools import cache
from hashlib import blake2b
from types import GenericAlias
from typing import Any

import msgspec

from api.cache.sizes import Unit
from projections.projection import GENERATION
from projections.store.table import Table, values_of

NUMBER_BYTES = 8
encoder = msgspec.msgpack.Encoder()


class NotAnAnswer(ValueError):
    """What the fleet keeps under an answer's name isn't one."""


@cache
def identity(table: Table) -> str:
    """The table's name in its generation, with its columns: processes of another version may have others."""
    columns = ",".join(f"{name}:{table.types[name].__name__}" for name in table.columns)
    return f"{table.name}_{GENERATION}({columns})"


@cache
def decoder(table: Table) -> msgspec.msgpack.Decoder[Any]:
    """The decoder of a list of a table's rows."""
    values: Any = GenericAlias(tuple, tuple(table.types[name] | None for name in table.columns))
    return msgspec.msgpack.Decoder(list[values])


def name_of(unit: Unit) -> bytes:
    """The name that an answer is kept under: 16 bytes that follow from the whole question."""
    method, table, *arguments = unit
    return blake2b(encoder.encode((method, identity(table), arguments)), digest_size=16).digest()


def encoded(unit: Unit, value: Any, number: int) -> bytes:
    """An answer with the number that was taken before its read began."""
    _, table, *_ = unit
    rows = value if isinstance(value, tuple) else () if value is None else (value,)
    values = [values_of(row, table.columns) for row in rows]
    return number.to_bytes(NUMBER_BYTES, "big") + encoder.encode(values)


def decoded(unit: Unit, kept: bytes) -> tuple[int, Any]:
    """The number and the answer. Raises NotAnAnswer."""
    method, table, *_ = unit
    try:
        rows = tuple(table.row(*values) for values in decoder(table).decode(memoryview(kept)[NUMBER_BYTES:]))
    except msgspec.MsgspecError:  # its text may quote what somebody wrote
        raise NotAnAnswer(f"not an answer of {table.name}") from None
    if method == "row" and len(rows) > 1:
        raise NotAnAnswer(f"not one row of {table.name}")
    return int.from_bytes(kept[:NUMBER_BYTES], "big"), rows if method != "row" else rows[0] if rows else None
