"""Sends requests to one server from several connections at once: `python -m bench.harness.load PORT TOKEN`."""

import asyncio
import sys
import time
from itertools import cycle
from typing import Any

import uvloop

from bench.harness.process import reply
from events.settings import Settings

CONNECTIONS = 16
ITEMS = b'"blurhash"'


class Load:
    """Keeps connections busy for a while, and counts the responses."""

    def __init__(self, host: str, port: int, token: str):
        self._where = (host, port)
        self._headers = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._requests: list[bytes] = []

    async def handle(self, request: dict[str, Any]) -> None:
        """Takes the paths to get, or gets them for some seconds and replies with the number of responses."""
        if "paths" in request:
            self._requests = [f"GET {path} HTTP/1.1\r\n{self._headers}".encode() for path in request["paths"]]
            reply("ready")
            return
        began = time.perf_counter()
        until = began + request["seconds"]
        answered = await asyncio.gather(*(self._connection(number, until) for number in range(CONNECTIONS)))
        reply({"answered": sum(answered), "seconds": time.perf_counter() - began})

    async def _connection(self, number: int, until: float) -> int:
        reader, writer = await asyncio.open_connection(*self._where)
        answered = 0
        for request in cycle(self._requests[number % len(self._requests) :] + self._requests[:number]):
            if time.perf_counter() >= until:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200") or body.count(ITEMS) != 30:
                raise RuntimeError(f"{head!r} {body[:300]!r}")
            answered += 1
        writer.close()
        return answered


async def main() -> None:
    """Serves requests of the parent until there are no more."""
    import json

    load = Load(Settings().host, int(sys.argv[1]), sys.argv[2])
    while line := await asyncio.to_thread(sys.stdin.readline):
        await load.handle(json.loads(line))


if __name__ == "__main__":
    uvloop.run(main())
