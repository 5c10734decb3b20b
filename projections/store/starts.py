"""Which start of each of the database's nodes is running, as gossip tells: what was acknowledged before another one may
be lost (`projections.store.survival`)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from projections.store.replication import REPLICATION, Execute, copies
from projections.store.survival import Starts

ASKED_SECONDS = 2.0  # for so long an answer is good, unless a node went down
# A node's heartbeat rises every second, and others hear of it within some seconds.
AWAY_SECONDS = 10.0
GOSSIP = "SELECT address, port, dc, generation, heartbeat FROM system_views.gossip_info"
HERE = "SELECT data_center FROM system.local"


class Seen(NamedTuple):
    """The latest of what was heard of a node, and since when (monotonic) its heartbeat hasn't risen."""

    generation: int
    heartbeat: int
    since: float


class NodeStarts:
    """Tells the starts of the nodes of our datacenter by their generations, which gossip spreads."""

    def __init__(
        self, execute: Execute, keyspace: str, outages: Callable[[], int], now: Callable[[], float] = time.monotonic
    ):
        self._execute, self._keyspace, self._outages, self._now = execute, keyspace, outages, now
        self._here, self._quorum = "", 0  # our datacenter, and how many replicas are asked there, once it is known
        self._seen: dict[str, Seen] = {}
        self._answer = Starts({})
        self._asked: tuple[float, int] | None = None  # when the answer was asked for, and the outages by then
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self) -> Starts:
        """See Store.nodes. An answer like the last one is the same object."""
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
        if not self._quorum:
            self._here = (await self._execute(HERE))[0][0]
            found = await self._execute(REPLICATION, (self._keyspace,))
            self._quorum = (copies(found[0][0], self._here) if found else 1) // 2 + 1
        self._seen = heard(self._seen, await self._execute(GOSSIP, urgent=True), self._here, asked[0])
        away = frozenset(name for name, seen in self._seen.items() if asked[0] - seen.since >= AWAY_SECONDS)
        answer = Starts({name: seen.generation for name, seen in self._seen.items()}, self._quorum, away)
        if answer != self._answer:
            self._answer = answer
        self._asked = asked


def heard(seen: dict[str, Seen], rows: Sequence[tuple[Any, ...]], here: str, now: float) -> dict[str, Seen]:
    """What is known of the nodes in datacenter `here`; of two answers about a node the later start and the higher
    heartbeat count, as the node that answers may not have heard of it yet."""
    told = {
        name_of(address, port): (generation, heartbeat or 0)
        for address, port, dc, generation, heartbeat in rows
        if dc in (here, None)
    }
    known: dict[str, Seen] = {}
    for name, (generation, heartbeat) in told.items():
        before = seen.get(name)
        rose = before is None or (generation, heartbeat) > before[:2]
        known[name] = Seen(generation, heartbeat, now) if before is None or rose else before
    return known


def name_of(address: object, port: object) -> str:
    """A node's name, which is short, because `progress` holds those of all nodes."""
    return blake2b(f"{address}:{port}".encode(), digest_size=4).hexdigest()
