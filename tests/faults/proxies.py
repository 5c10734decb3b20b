"""Loopback proxies that stop, slow down or stutter: a network's faults without the rights to make a network."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from tests.faults.forwarder import Rule

PIECE = 1 << 16  # bytes
RETRANSMIT = 0.3  # seconds: about what TCP takes to send again what was lost
T = TypeVar("T")


class Proxies:
    """Proxies by the names of their servers; they run in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._thread.start()
        self._rules: dict[tuple[str, str], Rule] = {}
        self._changed = asyncio.Event()
        self._held = Counter[str]()
        self._servers: list[asyncio.Server] = []
        self._pumps: set[asyncio.Task[None]] = set()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def add(self, name: str, port: int, behind: int) -> None:
        """Takes connections on `port` to the server on `behind`."""
        host = "127.0.0.1"

        async def connected(near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
            try:
                far, ask = await asyncio.open_connection(host, behind)
            except OSError:
                answer.close()
                return
            for way, source, target in (("to", near, ask), ("from", far, answer)):
                pump = asyncio.create_task(self._pump(name, way, source, target))
                self._pumps.add(pump)
                pump.add_done_callback(self._pumps.discard)

        async def serve() -> None:
            self._servers.append(await asyncio.start_server(connected, host, port))

        self._run(serve())

    def rule(self, name: str, rule: Rule) -> None:
        """What a server's traffic in one direction comes under from now on."""
        self._set(self._rules | {(name, rule.direction): rule})

    def heal(self) -> int:
        """No rule is left. How many pieces of the streams were kept waiting so far."""
        self._set({})
        return self._held.total()

    def _set(self, rules: dict[tuple[str, str], Rule]) -> None:
        async def change() -> None:
            self._rules = rules
            self._changed.set()
            self._changed = asyncio.Event()

        self._run(change())

    async def _pump(self, name: str, way: str, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(PIECE):
                await self._pass(name, way)
                target.write(piece)
                await target.drain()
            await self._pass(name, way)  # the end doesn't arrive in a cut, either
        except OSError:
            pass
        finally:
            with suppress(OSError):
                target.close()

    async def _pass(self, name: str, way: str) -> None:
        """Returns when a piece may pass."""
        first = True
        while (rule := self._rules.get((name, way))) is not None:
            self._held[name] += first
            if rule.loss < 1.0:
                lost = RETRANSMIT if random.random() < rule.loss else 0.0
                await asyncio.sleep(max(0.0, rule.delay + random.uniform(-rule.jitter, rule.jitter) + lost))
                return
            first = False
            await self._changed.wait()

    def close(self) -> None:
        """Ends connections and thread."""

        async def end() -> None:
            for server in self._servers:
                server.close()
            for pump in [*self._pumps]:
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
