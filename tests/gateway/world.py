"""A gateway without servers: read models, claims, requests, uploads and a log in memory, folded when a test says."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from events.generated import Event, MemberJoined, UserRegistered
from events.settings import Settings
from producers.decide.decision import Claim
from producers.gateway.app import application
from producers.gateway.resources import Resources
from producers.writes.execute import Executor
from projections.accounts.users import USERS, User
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import FINAL
from projections.store.memory import MemoryStore
from tests import given
from tests.gateway.memory import (
    NOW,
    Appended,
    DatabaseClock,
    MemoryClaims,
    MemoryIdempotencyStore,
    MemorySearch,
    MemoryUploads,
    NoKeys,
    held_by,
)
from tests.kit import MemoryLog, Worker
from web.read_your_writes import ProjectionWaiter
from web.tokens import issue_token

SETTINGS = Settings.model_validate({"token_secret": "t" * 32, "handle_secret": "h" * 32})


def one(name: str) -> UUID:
    """An id for a name."""
    return uuid5(NAMESPACE_URL, name)


ADA, BOB, CAT = one("ada"), one("bob"), one("cat")
PUBLIC, PRIVATE = one("public roll"), one("private roll")


class GatewayWorld:
    """A gateway, its clients, and what it wrote."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), DatabaseClock()
        self.appended = Appended(MemoryLog(), self.clock)
        self.worker = Worker(self.store, self.appended.log.codec, log=self.appended.log)
        self.idempotency, self.claims = MemoryIdempotencyStore(self.clock), MemoryClaims(self.clock)
        self.uploads, self.search = MemoryUploads(), MemorySearch(self.appended.log)
        self.ahead = timedelta(0)
        self.resources = self.gateway(self.appended)

    @property
    def now(self) -> datetime:
        """The time, for the database and Kafka. This world's first gateway is `ahead` of it."""
        return self.clock.now

    @now.setter
    def now(self, now: datetime) -> None:
        self.clock.now = now

    def gateway(self, appended: "Appended") -> Resources:
        """What a gateway that appends in this way works with, beside the others."""
        return Resources(
            settings=SETTINGS,
            store=self.store,
            claims=self.claims,
            executor=Executor(appended, self.claims, self.search, self, SETTINGS.copy_window),
            idempotency=self.idempotency,
            uploads=self.uploads,
            keys=NoKeys(),
            waiting=ProjectionWaiter(self.store),
            needs=lambda: {"log": self.ready()},
            clock=lambda: self.now + self.ahead,
        )

    async def has(self, owner: UUID, claim: Claim) -> bool:
        """See producers.writes.execute.Owners."""
        await self.fold()
        user: User | None = await self.store.get(USERS, owner)
        return user is not None and user.handle_hmac == claim.value

    async def ready(self) -> None:
        """Always."""

    async def given(self, *events: Event) -> None:
        """What happened before, folded."""
        self.appended.log.at_ms = int((self.now - timedelta(days=1)).timestamp() * 1000)
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


async def rows_of(log: MemoryLog) -> MemoryStore:
    """What a fold of the log comes to."""
    store = MemoryStore()
    await Worker(store, log.codec, log=log).fold_all(log)
    return store


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
