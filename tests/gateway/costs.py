"""A gateway whose servers count what they are asked, and take a moment each time."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

from events.positions import Position
from producers.publisher import EncodedRecord
from producers.uploads import Uploaded
from producers.writes.execute import Executor
from producers.writes.idempotency import IdempotencyKey
from producers.writes.plan import KeptPlan, Plan
from projections.private.claims import Holder
from projections.store.memory import MemoryStore
from projections.store.table import Table
from tests.gateway.memory import Appended, MemoryClaims, MemoryIdempotencyStore, MemoryUploads
from tests.gateway.world import APP, SETTINGS, GatewayWorld
from tests.projections.counting import CountingStore, Keys
from tests.travelling import clock

MOMENT = 0.001  # seconds of a travelling clock that every request takes


class Cost(NamedTuple):
    """What a write asks its servers: requests to the database (reads, lightweight transactions, ordinary writes) and to
    the object store, appends to the log, and how many of all these wait for one another."""

    reads: int = 0
    transactions: int = 0
    writes: int = 0
    objects: int = 0
    appends: int = 0
    rounds: int = 0

    def plus(self, **more: int) -> "Cost":
        """The cost with so many more of these."""
        return self._replace(**{name: getattr(self, name) + count for name, count in more.items()})


class Meter:
    """Counts requests by kind; each takes a moment."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._began = clock()

    async def count(self, kind: str) -> None:
        """Counts one, and lets its moment pass."""
        self._counts[kind] += 1
        await asyncio.sleep(MOMENT)

    def cost(self, store: "MeteredStore") -> Cost:
        """What was asked until now."""
        reads = self._counts["reads"] + store.requests
        return Cost(**self._counts | {"reads": reads}, rounds=round((clock() - self._began) / MOMENT))


class MeteredStore(CountingStore):
    """Read models whose reads are counted, and take a moment."""

    async def get(self, table: Table, *key: Any) -> Any:
        await asyncio.sleep(MOMENT)
        return await super().get(table, *key)

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        await asyncio.sleep(MOMENT)
        return await super().slice(table, *partition, **bounds)

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        await asyncio.sleep(MOMENT)
        return await super().pick(table, partition, firsts)

    async def get_many(self, table: Table, keys: Keys) -> list[Any]:
        await asyncio.sleep(MOMENT)
        return await super().get_many(table, keys)

    async def slice_many(self, table: Table, partitions: Keys, **bounds: Any) -> list[list[Any]]:
        await asyncio.sleep(MOMENT)
        return await super().slice_many(table, partitions, **bounds)

    async def pick_many(self, table: Table, partitions: Keys, firsts: Collection[Any]) -> list[Any]:
        await asyncio.sleep(MOMENT)
        return await super().pick_many(table, partitions, firsts)


@dataclasses.dataclass
class MeteredLog(Appended):
    """A log whose appends are counted."""

    meter: Meter = dataclasses.field(kw_only=True)

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        await self.meter.count("appends")
        return await super().append(records, traceparent)


@dataclasses.dataclass
class MeteredUploads(MemoryUploads):
    """An object store whose requests are counted; a form is signed without one."""

    meter: Meter = dataclasses.field(kw_only=True)

    async def find(self, key: str) -> Uploaded | None:
        await self.meter.count("objects")
        return await super().find(key)


class MeteredRequests(MemoryIdempotencyStore):
    """Requests whose statements are counted as Cassandra gets them: tests/gateway/test_statements.py holds that."""

    def __init__(self, meter: Meter, other: MemoryIdempotencyStore) -> None:
        super().__init__(other.clock)
        self._meter = meter
        self.kept, self.kept_at, self.answers = other.kept, other.kept_at, other.answers

    async def find(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        await self._meter.count("reads")
        return await super().find(key, body_hash)

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        await self._meter.count("transactions")
        return await super().save_plan(key, body_hash, plan)

    async def save_answer(self, key: IdempotencyKey, kept: KeptPlan, executed: Plan) -> Plan:
        await self._meter.count("writes")
        return await super().save_answer(key, kept, executed)


class MeteredClaims(MemoryClaims):
    """Claims whose statements are counted."""

    def __init__(self, meter: Meter, other: MemoryClaims) -> None:
        super().__init__(other.clock)
        self._meter, self.kept = meter, other.kept

    async def claim(
        self, *, kind: str, value: str, owner: UUID, event_id: UUID, instead_of: Holder | None = None
    ) -> None:
        await self._meter.count("transactions")
        holder = await super().holder(kind=kind, value=value)
        assert holder is None, "only the claim of a free value is counted here"
        await super().claim(kind=kind, value=value, owner=owner, event_id=event_id)

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        await self._meter.count("transactions")
        await super().settle(kind=kind, value=value, event_id=event_id)

    async def release(self, *, kind: str, value: str, owner: UUID, event_id: UUID) -> None:
        await self._meter.count("transactions")
        await super().release(kind=kind, value=value, owner=owner, event_id=event_id)

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        await self._meter.count("reads")
        return await super().holder(kind=kind, value=value)


@asynccontextmanager
async def metered(here: GatewayWorld) -> AsyncGenerator[tuple[Meter, MeteredStore]]:
    """A world's gateway with servers that count, for the block."""
    assert isinstance(here.store, MemoryStore)
    meter, store = Meter(), MeteredStore(here.store)
    claims = MeteredClaims(meter, here.claims)
    log = MeteredLog(here.appended.log, here.clock, meter=meter)
    APP.state.resources = dataclasses.replace(
        here.resources,
        store=store,
        claims=claims,
        executor=Executor(log, claims, here.search, here, SETTINGS.copy_window),
        idempotency=MeteredRequests(meter, here.idempotency),
        uploads=MeteredUploads(here.uploads.sent, meter=meter),
    )
    try:
        yield meter, store
    finally:
        APP.state.resources = here.resources
