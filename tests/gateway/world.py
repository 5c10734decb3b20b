"""A gateway without servers: read models, claims, requests, uploads and a log in memory, folded when a test says."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from events.codec import key_of, topic_of
from events.generated import Event, MemberJoined, UserRegistered
from events.positions import Position
from events.settings import Settings
from events.topics import key_bytes, partition_of
from producers.gateway.app import application
from producers.gateway.resources import Resources
from producers.publisher import EncodedRecord, NotPublished
from producers.uploads import Form, Uploaded
from producers.writes.execute import Executor
from producers.writes.idempotency import IdempotencyKey, KeyReused
from producers.writes.plan import Plan
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import FINAL, PENDING, Claimed, Holder
from projections.store.memory import MemoryStore
from tests import given
from tests.kit import MemoryLog, Worker
from web.read_your_writes import ProjectionWaiter
from web.tokens import issue_token

NOW = datetime(2026, 6, 19, 21, 4, 11, 482000, tzinfo=UTC)
SETTINGS = Settings.model_validate({"token_secret": "t" * 32, "handle_secret": "h" * 32})


def one(name: str) -> UUID:
    """An id for a name."""
    return uuid5(NAMESPACE_URL, name)


ADA, BOB, CAT = one("ada"), one("bob"), one("cat")
PUBLIC, PRIVATE = one("public roll"), one("private roll")


class MemoryIdempotencyStore:
    """See producers.writes.idempotency.IdempotencyStore; a day never ends here."""

    def __init__(self) -> None:
        self.kept: dict[IdempotencyKey, tuple[str, Plan | None]] = {}

    async def begin(self, key: IdempotencyKey, body_hash: str, now: datetime) -> Plan | None:
        kept_hash, plan = self.kept.setdefault(key, (body_hash, None))
        if kept_hash != body_hash:
            raise KeyReused(key.key)
        return plan

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan, now: datetime) -> Plan:
        return self._put(key, body_hash, before=None, after=plan)

    async def save_answer(self, key: IdempotencyKey, body_hash: str, *, plan: Plan, executed: Plan) -> Plan:
        return self._put(key, body_hash, before=plan, after=executed)

    def _put(self, key: IdempotencyKey, body_hash: str, *, before: Plan | None, after: Plan) -> Plan:
        kept = self.kept.get(key, (body_hash, None))[1]
        if kept is not None and kept != before:
            return kept
        self.kept[key] = (body_hash, after)
        return after


class MemoryClaims:
    """See projections.private.claims.Claims."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Holder] = {}

    async def claim(self, *, kind: str, value: str, owner: UUID, event_id: UUID, now: datetime) -> None:
        holder = self.kept.get((kind, value))
        if holder is not None and holder.final and holder.owner == owner:
            return
        if holder is not None and holder.event_id != event_id and holder.until > now:
            raise Claimed(value)
        self.kept[kind, value] = held_by(owner, event_id, now + PENDING)

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        holder = self.kept[kind, value]
        if holder.event_id == event_id:
            self.kept[kind, value] = held_by(holder.owner, event_id, FINAL)

    async def release(self, *, kind: str, value: str, owner: UUID) -> None:
        holder = self.kept.get((kind, value))
        if holder is not None and holder.owner == owner:
            del self.kept[kind, value]

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        return self.kept.get((kind, value))


def held_by(owner: UUID, event_id: UUID, until: datetime) -> Holder:
    """Who has a value, by which event, until when."""
    return Holder(owner=owner, event_id=event_id, until=until)


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
    traces: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    after: bool = False

    async def records(self, events: Sequence[Event]) -> list[EncodedRecord]:
        return [EncodedRecord(topic_of(type(e)), key_of(e), await self.log.codec.encode(e)) for e in events]

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        if self.refusals and not self.after:
            raise self.refusals.pop()
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
class NoKeys:
    """Everybody has a key already."""

    async def create(self, person: UUID) -> None:
        """Nothing to do."""


class GatewayWorld:
    """A gateway, its clients, and what it wrote."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.appended = Appended(MemoryLog())
        self.worker = Worker(self.store, self.appended.log.codec)
        self.idempotency, self.claims, self.uploads = MemoryIdempotencyStore(), MemoryClaims(), MemoryUploads()
        self.now = NOW
        self.resources = Resources(
            settings=SETTINGS,
            store=self.store,
            claims=self.claims,
            executor=Executor(self.appended, self.claims),
            idempotency=self.idempotency,
            uploads=self.uploads,
            keys=NoKeys(),
            waiting=ProjectionWaiter(self.store),
            needs=lambda: {"log": self.ready()},
            clock=lambda: self.now,
        )

    async def ready(self) -> None:
        """Always."""

    async def given(self, *events: Event) -> None:
        """What happened before, folded."""
        await self.appended.log.append(*events)
        await self.fold()

    async def fold(self) -> None:
        """The read models catch up with the log."""
        await self.worker.fold_all(self.appended.log)

    async def log(self) -> list[Event]:
        """All events, by partition."""
        values = [record.value for records in self.appended.log.partitions.values() for record in records]
        return [event for event in await self.appended.log.codec.decode(values) if isinstance(event, Event)]

    async def count(self) -> int:
        """How many records the log holds."""
        return sum(map(len, self.appended.log.partitions.values()))

    async def ask(self, who: UUID | None, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request of somebody's. Header names have underscores here."""
        transport = httpx.ASGITransport(app=APP)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            token = issue_token(SETTINGS, who, timedelta(hours=1))
            sent["Authorization"] = f"Bearer {token}"
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, path, json=body, headers=sent)


CURRENT: list[GatewayWorld] = []


@asynccontextmanager
async def opened_resources(_: Settings) -> AsyncGenerator[Resources]:
    """The resources of the world that is running, as the application opens them."""
    resources = CURRENT[-1].resources
    yield resources
    await resources.finish()
    await resources.waiting.close()


APP = application(SETTINGS, opened_resources)  # one for all tests: making its routes is most of what a world costs


@asynccontextmanager
async def world(*events: Event) -> AsyncGenerator[GatewayWorld]:
    """A running gateway in which Ada, Bob and Cat are registered, and Ada owns a public and a private roll."""
    made = GatewayWorld()
    CURRENT.append(made)
    try:
        async with APP.router.lifespan_context(APP):
            for name, person in (("ada", ADA), ("bob", BOB), ("cat", CAT)):
                event = registered(person, name)
                await made.given(event)
                made.claims.kept["handle", event.handle_hmac] = held_by(person, event.event_id, FINAL)
            await made.given(*roll(PUBLIC, "public"), *roll(PRIVATE, "private"), *events)
            yield made
    finally:
        CURRENT.remove(made)


def begin(name: str, who: UUID, at: datetime = NOW - timedelta(days=40)) -> dict[str, Any]:
    """The first fields of an event."""
    return {"event_id": one(name), "occurred_at": at, "actor_id": who}


def registered(person: UUID, handle: str) -> UserRegistered:
    """Somebody who has a handle."""
    hmac = handle_hmac(SETTINGS, handle)
    shown = {"handle": handle, "handle_hmac": hmac, "display_name": handle.title(), "zone": "Europe/Berlin"}
    return given.user_registered(**begin(f"{handle} registered", person), user_id=person, **shown)


def roll(roll_id: UUID, visibility: str, owner: UUID = ADA) -> tuple[Event, ...]:
    """A roll with its first owner."""
    shown = {"title": "A roll", "theme": "", "visibility": visibility}
    made = given.roll_created(**begin(f"{roll_id} created", owner), roll_id=roll_id, creator_id=owner, **shown)
    return made, joined(roll_id, owner, "owner")


def joined(roll_id: UUID, member: UUID, role: str = "member", name: str = "") -> MemberJoined:
    """A membership."""
    about = begin(f"{member} joined {roll_id} {name}", member)
    return given.member_joined(**about, roll_id=roll_id, member_id=member, role=role)


def again(event: Event, name: str) -> Any:
    """The same beginning once more, under another id: as two devices make it at once."""
    return replace(event, event_id=one(name))


def away() -> NotPublished:
    """Kafka doesn't answer."""
    return NotPublished("timed out")
