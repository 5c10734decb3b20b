"""Speaks as much of Cassandra's native protocol (version 4) as it takes to log in and run an administrative statement.

The driver is for the read models, in projections/ alone; it needs half a second to connect, and this a millisecond.
Frames and codes: https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec
"""

import socket
import struct
from types import TracebackType

ONE, QUORUM, ALL = 0x0001, 0x0004, 0x0005

_ERROR, _STARTUP, _READY, _AUTHENTICATE, _QUERY, _RESULT = 0x00, 0x01, 0x02, 0x03, 0x07, 0x08
_AUTH_RESPONSE, _AUTH_SUCCESS = 0x0F, 0x10
_BAD_CREDENTIALS = 0x0100
_ROWS = 0x0002
_SKIP_METADATA = 0x02


class Refused(Exception):
    """The server's answer was an error; `code` is the protocol's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class WrongPassword(Refused):
    """Cassandra knows no such role, or not with this password."""


class Connection:
    """A logged-in connection, to use in `with`. Raises OSError if nothing listens, WrongPassword, or Refused."""

    def __init__(self, host: str, port: int, *, user: str, password: str, seconds: float = 10.0) -> None:
        self._socket = socket.create_connection((host, port), timeout=seconds)
        try:
            self._log_in(user, password)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def run(self, statement: str, consistency: int = QUORUM) -> int:
        """Runs one statement, and returns the number of rows in its first page. Raises Refused if it fails."""
        query = statement.encode()
        body = struct.pack(">i", len(query)) + query + struct.pack(">HB", consistency, _SKIP_METADATA)
        _, answer = self._ask(_QUERY, body)
        kind = struct.unpack_from(">i", answer)[0]
        if kind != _ROWS:
            return 0
        flags, _columns = struct.unpack_from(">ii", answer, 4)
        at = 12
        if flags & 0x02:  # a paging state stands before the number of rows
            at += 4 + struct.unpack_from(">i", answer, at)[0]
        return struct.unpack_from(">i", answer, at)[0]

    def _log_in(self, user: str, password: str) -> None:
        opcode, _ = self._ask(_STARTUP, struct.pack(">H", 1) + _string("CQL_VERSION") + _string("3.0.0"))
        if opcode == _AUTHENTICATE:
            token = f"\0{user}\0{password}".encode()
            opcode, _ = self._ask(_AUTH_RESPONSE, struct.pack(">i", len(token)) + token)
        if opcode not in (_READY, _AUTH_SUCCESS):
            raise Refused(0, f"an unexpected answer to the login: opcode {opcode}")

    def _ask(self, opcode: int, body: bytes) -> tuple[int, bytes]:
        self._socket.sendall(struct.pack(">BBHBi", 0x04, 0, 0, opcode, len(body)) + body)
        answered, size = struct.unpack(">xxxxBi", self._read(9))
        answer = self._read(size)
        if answered == _ERROR:
            code, length = struct.unpack_from(">iH", answer)
            message = answer[6 : 6 + length].decode()
            raise (WrongPassword if code == _BAD_CREDENTIALS else Refused)(code, message)
        return answered, answer

    def _read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            part = self._socket.recv(size - len(got))
            if not part:
                raise ConnectionResetError("Cassandra closed the connection")
            got += part
        return got


def _string(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
