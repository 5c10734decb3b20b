"""Sends requests to one server from several connections at once, and checks each answer.

`python -m bench.harness.load PORT` takes requests to send, and then how to send them, from its parent.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from statistics import quantiles
from typing import Any

import uvloop

from bench.harness.process import BenchProcess, reply
from events.settings import Settings


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and what is expected of its answer: a status, and how often some text (`mark`) stands in the body."""

    path: str
    token: str
    mark: str = ""
    times: int = 0
    method: str = "GET"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and milliseconds for one."""

    rate: float
    p50: float
    p95: float


def prepare(load: BenchProcess, asks: list[Ask]) -> None:
    """Hands over the requests that are sent from now on."""
    load.request({"asks": [asdict(ask) for ask in asks]})


def send_again(load: BenchProcess, *, clients: int, seconds: float) -> Measured:
    """Sends the requests over and over, from some clients at once, each of whom waits for its answer."""
    return Measured(**load.request({"clients": clients, "seconds": seconds, "again": True, "most": None}))


def send_once(load: BenchProcess, *, clients: int, seconds: float, most: int | None = None) -> Measured:
    """Sends requests that weren't sent before, in order, until there are no more, or `most` were sent, or the time is
    over."""
    return Measured(**load.request({"clients": clients, "seconds": seconds, "again": False, "most": most}))


class Load:
    """The child's end: keeps connections busy for a while."""

    def __init__(self, host: str, port: int):
        self._where = (host, port)
        self._asks: list[tuple[bytes, Ask]] = []
        self._once: Iterator[tuple[bytes, Ask]] = iter(())

    async def handle(self, request: dict[str, Any]) -> None:
        """Takes the requests to send, or sends them and replies with the rate and how long they took."""
        if "asks" in request:
            asks = [Ask(**fields) for fields in request["asks"]]
            self._asks = [(self._written(ask), ask) for ask in asks]
            self._once = iter(self._asks)
            reply("ready")
            return
        source = cycle(self._asks) if request["again"] else islice(self._once, request["most"])
        began = time.perf_counter()
        until = began + request["seconds"]
        each = await asyncio.gather(*(self._connection(source, until) for _ in range(request["clients"])))
        took = time.perf_counter() - began
        milliseconds = [one * 1000 for connection in each for one in connection]
        cuts = quantiles(milliseconds, n=20, method="inclusive")
        reply(asdict(Measured(len(milliseconds) / took, cuts[9], cuts[18])))

    def _written(self, ask: Ask) -> bytes:
        host, port = self._where
        headers = f"Host: {host}:{port}\r\nAuthorization: Bearer {ask.token}\r\nContent-Length: 0\r\n\r\n"
        return f"{ask.method} {ask.path} HTTP/1.1\r\n{headers}".encode()

    async def _connection(self, source: Iterator[tuple[bytes, Ask]], until: float) -> list[float]:
        reader, writer = await asyncio.open_connection(*self._where)
        took: list[float] = []
        for request, ask in source:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            took.append(time.perf_counter() - began)
            found = body.count(ask.mark.encode()) if ask.mark else 0
            if not head.startswith(f"HTTP/1.1 {ask.status} ".encode()) or found != ask.times:
                raise RuntimeError(f"{ask.method} {ask.path}: {found} of {ask.times}\n{head!r} {body[:300]!r}")
            if began >= until:
                break
        writer.close()
        return took


async def main() -> None:
    """Serves requests of the parent until there are no more."""
    load = Load(Settings().host, int(sys.argv[1]))
    while line := await asyncio.to_thread(sys.stdin.readline):
        await load.handle(json.loads(line))


if __name__ == "__main__":
    uvloop.run(main())
