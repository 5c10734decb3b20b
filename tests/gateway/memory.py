"""What a gateway works with, in memory: its claims, requests, uploads and log, by a clock that tests set."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from events.codec import key_of, topic_of
from events.generated import Event
from events.ids import event_id_of
from events.positions import Position
from events.topics import key_bytes
from producers.publisher import EncodedRecord, NotPublished
from producers.uploads import Form, Uploaded
from producers.writes.idempotency import IdempotencyKey, KeyReused
from producers.writes.plan import KeptPlan, Plan, new_plan
from projections.private.claims import FINAL, PENDING_SECONDS, Claimed, Holder
from tests.kit import MemoryLog
from tests.partitions import partition_of

NOW = datetime(2026, 6, 19, 21, 4, 11, 482000, tzinfo=UTC)


@dataclass
class DatabaseClock:
    """What time it is for the database, whose clock is none of the gateways'."""

    now: datetime = NOW


class MemoryIdempotencyStore:
    """See producers.writes.idempotency.IdempotencyStore; a day never ends here.

    `kept` has each request's hash and plan, `answers` each note that a plan was executed."""

    def __init__(self, clock: DatabaseClock | None = None) -> None:
        self.clock = clock or DatabaseClock()
        self.kept: dict[IdempotencyKey, tuple[str, Plan]] = {}
        self.kept_at: dict[IdempotencyKey, datetime] = {}
        self.answers: dict[tuple[IdempotencyKey, Plan], Plan] = {}

    async def find(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        if key not in self.kept:
            return None
        kept_hash, plan = self.kept[key]
        if kept_hash != body_hash:
            raise KeyReused(key.key)
        at = self.kept_at[key]
        age = (self.clock.now - at).total_seconds()
        time = asyncio.get_running_loop().time()
        return KeptPlan(plan=self.answers.get((key, plan), plan), kept_at=at, age=age, read_at=time)

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        if key not in self.kept:
            return self._put(key, body_hash, plan)
        return await self.find(key, body_hash) or new_plan(plan)

    async def replace_plan(self, key: IdempotencyKey, body_hash: str, *, lost: Plan, plan: Plan) -> KeptPlan:
        if self.kept.get(key) == (body_hash, lost):
            return self._put(key, body_hash, plan)
        return await self.save_plan(key, body_hash, plan)

    async def save_answer(self, key: IdempotencyKey, kept: KeptPlan, executed: Plan) -> Plan:
        if kept.tried and (key, kept.plan) in self.answers:
            return self.answers[key, kept.plan]
        self.answers[key, kept.plan] = executed
        return executed

    def _put(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        self.kept[key], self.kept_at[key] = (body_hash, plan), self.clock.now
        return new_plan(plan)


class MemoryClaims:
    """See projections.private.claims.Claims."""

    def __init__(self, clock: DatabaseClock | None = None, pending: int = PENDING_SECONDS) -> None:
        self.clock, self.pending = clock or DatabaseClock(), timedelta(seconds=pending)
        self.kept: dict[tuple[str, str], Holder] = {}

    async def claim(
        self, *, kind: str, value: str, owner: UUID, event_id: UUID, instead_of: Holder | None = None
    ) -> None:
        holder = await self.holder(kind=kind, value=value)
        if holder is not None and holder.owner != owner and holder != instead_of:
            raise Claimed(value, holder)
        if holder is None or not holder.final:
            self.kept[kind, value] = held_by(owner, event_id, self.clock.now + self.pending)

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        holder = self.kept[kind, value]
        if holder.event_id == event_id:
            self.kept[kind, value] = held_by(holder.owner, event_id, FINAL)

    async def release(self, *, kind: str, value: str, owner: UUID, event_id: UUID) -> None:
        holder = self.kept.get((kind, value))
        if holder is not None and holder.owner == owner:
            self.kept[kind, value] = held_by(owner, event_id, self.clock.now + self.pending)

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        holder = self.kept.get((kind, value))
        return holder and replace(holder, lapsed=holder.until <= self.clock.now)


def held_by(owner: UUID, event_id: UUID, until: datetime, *, lapsed: bool = False) -> Holder:
    """Who has a value, by which event, until when."""
    return Holder(owner=owner, event_id=event_id, until=until, lapsed=lapsed)


@dataclass
class MemoryUploads:
    """An object store that knows what was sent."""

    sent: dict[str, Uploaded] = field(default_factory=dict)

    def form(self, key: str, *, content_type: str, now: datetime) -> Form:
        return Form("http://s3.example/bucket", {"key": key, "Content-Type": content_type}, now + timedelta(minutes=15))

    async def find(self, key: str) -> Uploaded | None:
        return self.sent.get(key)


@dataclass
class Appended:
    """The log: `refusals` are raised, one an append, before anything is appended (or `after`)."""

    log: MemoryLog
    clock: DatabaseClock
    traces: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    after: bool = False

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        return [EncodedRecord(topic_of(type(e)), key_of(e), await self.log.codec.encode(e)) for e in events]

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        if self.refusals and not self.after:
            raise self.refusals.pop()
        self.log.at_ms = int(self.clock.now.timestamp() * 1000)
        positions: list[Position] = []
        for record in records:
            partition = partition_of(record.topic, record.key)
            self.log.raw(record.topic, partition, key_bytes(record.key), record.value)
            offset = len(self.log.partitions[record.topic, partition]) - 1
            positions.append(Position(record.topic, partition, offset))
        self.traces.append(traceparent)
        if self.refusals:
            raise self.refusals.pop()
        return positions


@dataclass
class MemorySearch:
    """See producers.writes.execute.LogSearch: `asked` is what was looked for, and since when."""

    log: MemoryLog
    asked: list[tuple[tuple[EncodedRecord, ...], datetime]] = field(default_factory=list)
    error: Exception | None = None

    async def find(self, records: Sequence[EncodedRecord], since: datetime) -> list[Position | None]:
        self.asked.append((tuple(records), since))
        if self.error is not None:
            raise self.error
        return [self._first(record, since.timestamp() * 1000) for record in records]

    def _first(self, wanted: EncodedRecord, since_ms: float) -> Position | None:
        place = (wanted.topic, partition_of(wanted.topic, wanted.key))
        for record in self.log.partitions.get(place, []):
            if record.timestamp >= since_ms and event_id_of(record.value) == event_id_of(wanted.value):
                return Position(*place, record.offset)
        return None


@dataclass
class NoKeys:
    """Everybody has a key already."""

    async def create(self, person: UUID) -> None:
        """Nothing to do."""


def away() -> NotPublished:
    """Kafka doesn't answer."""
    return NotPublished("timed out")
