"""Which start of each of the database's nodes is running: what was acknowledged before another one may be lost."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

ASKED_SECONDS = 2.0  # for so long an answer is good, unless a node went down
GOSSIP = "SELECT address, port, dc, generation FROM system_views.gossip_info"
HERE = "SELECT data_center FROM system.local"

Execute = Callable[..., Awaitable[list[tuple[Any, ...]]]]  # of a statement, and its values if it has some
Generations = dict[tuple[str, int], int]


class NodeStarts:
    """Tells the starts of the nodes of our datacenter by their generations, which gossip spreads."""

    def __init__(self, execute: Execute, outages: Callable[[], int], now: Callable[[], float] = time.monotonic):
        self._execute, self._outages, self._now = execute, outages, now
        self._here = ""  # our datacenter, once it is known
        self._known: Generations = {}
        self._answer = ""
        self._asked: tuple[float, int] | None = None  # when the answer was asked for, and the outages by then
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self) -> str:
        """See Store.nodes."""
        while not self._fresh():
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            await asyncio.shield(self._asking)
        return self._answer

    def _fresh(self) -> bool:
        if self._asked is None:
            return False
        asked, outages = self._asked
        return outages == self._outages() and self._now() - asked < ASKED_SECONDS

    async def _ask(self) -> None:
        asked = (self._now(), self._outages())
        self._here = self._here or (await self._execute(HERE))[0][0]
        self._known = merged(self._known, await self._execute(GOSSIP), self._here)
        self._answer, self._asked = digest(self._known), asked


def merged(known: Generations, rows: Sequence[tuple[Any, ...]], here: str) -> Generations:
    """The generations of the nodes in datacenter `here`; of two answers about a node the later start counts, as the
    node that answers may not have heard of it yet."""
    told = {(str(address), port): generation for address, port, dc, generation in rows if dc in (here, None)}
    return {node: max(generation, known.get(node, 0)) for node, generation in told.items()}


def digest(generations: Generations) -> str:
    """A short text that is another one for other generations."""
    text = ",".join(f"{address}:{port}={number}" for (address, port), number in sorted(generations.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
