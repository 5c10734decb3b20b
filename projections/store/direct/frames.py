"""Frames of Cassandra's native protocol, version 4, as far as reads need them.

Version 5 adds checksums, which the driver computes bit by bit in Python, and news of changed columns, which a statement
that names its columns doesn't need. A statement has the same id in both.
"""

import struct
from io import BytesIO
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.protocol import ErrorMessage

VERSION, VERSION_OF_RESPONSE = 0x04, 0x84
HEADER = struct.Struct(">BBhBi")  # version, flags, stream, opcode, length of what follows
ERROR, STARTUP, READY, AUTHENTICATE, RESULT, EXECUTE, AUTH_RESPONSE, AUTH_SUCCESS = 0, 1, 2, 3, 8, 10, 15, 16
STREAMS = 1 << 15  # requests that a connection can tell apart
WARNING = 0x08  # a flag: texts for a log come before the body
ROWS, ONE_TABLE, NO_METADATA = 2, 0x01, 0x04  # Cassandra sets the second, though nothing names the table
VALUES, SKIP_METADATA = 0x01, 0x02
READ_TIMEOUT = 0x1200

int32 = struct.Struct(">i").pack
uint16 = struct.Struct(">H").pack
uint16_at = struct.Struct(">H").unpack_from
result_at = struct.Struct(">iii").unpack_from  # kind, flags, number of columns


def frame(stream: int, opcode: int, body: bytes) -> bytes:
    """A request."""
    return HEADER.pack(VERSION, 0, stream, opcode, len(body)) + body


def short(text: bytes) -> bytes:
    """Bytes behind their length of two bytes."""
    return uint16(len(text)) + text


def startup() -> bytes:
    """The body of a connection's first request."""
    return uint16(1) + short(b"CQL_VERSION") + short(b"3.0.0")


def auth_response(token: bytes) -> bytes:
    """The body of a login."""
    return int32(len(token)) + token


def execute_head(statement: bytes, values: int) -> bytes:
    """How the body of a prepared statement's request begins; its values follow. Its rows come without metadata."""
    flags = VALUES | SKIP_METADATA
    return short(statement) + uint16(ConsistencyLevel.LOCAL_QUORUM) + bytes([flags]) + uint16(values)


def rows_begin(flags: int, body: bytes, columns: int) -> int:
    """Where in a response's body its rows begin, their number first; -1 if it isn't rows of so many plain columns."""
    at = 0
    if flags == WARNING:
        (texts,), at = uint16_at(body), 2
        for _ in range(texts):
            at += 2 + uint16_at(body, at)[0]
    elif flags:
        return -1
    if len(body) < at + 16:
        return -1
    kind, told, number = result_at(body, at)
    return at + 12 if (kind, told | ONE_TABLE, number) == (ROWS, ONE_TABLE | NO_METADATA, columns) else -1


def error_of(body: bytes) -> tuple[int, Exception]:
    """An error's code, and the driver's exception for it."""
    message: Any = ErrorMessage
    error = message.recv_body(BytesIO(body), VERSION, {})
    return error.code, error.to_exception() if hasattr(error, "to_exception") else error
