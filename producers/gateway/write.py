"""The way of every write: who asks, whether it was asked before, the decision, the log, the answer."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from producers.decide.decision import Act, Decision
from producers.gateway.resources import Gate
from producers.gateway.traceparent import traceparent_of
from producers.limits import IDEMPOTENCY_KEY
from producers.writes.idempotency import AnotherBody, Asked
from producers.writes.plan import Plan
from projections.accounts.users import USERS, User
from web.problems import Problem, forbidden
from web.read_your_writes import After
from web.tokens import Viewer

ANSWER_SECONDS = 10.0  # an append may take two minutes when Kafka is away; nobody holds a phone that long
Decide = Callable[[Act], Awaitable[Decision]]


class Written(BaseModel):
    """What a write answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event_id": "8a2a54f0-49c8-5c55-b9f2-5f9a2b1c7c11",
                    "id": "8a2a54f0-49c8-5c55-b9f2-5f9a2b1c7c11",
                    "position": "photos-3@41",
                }
            ]
        }
    )

    event_id: UUID = Field(description="The fact that this made, or that had made it so already.")
    id: UUID = Field(description="What it made, changed or ended.")
    position: str | None = Field(description="As Darkroom-Position; null where nothing had to be appended.")


@dataclass(frozen=True, slots=True)
class Writing:
    """One write: a dependency of every handler that makes facts."""

    gate: Gate
    request: Request
    actor: UUID
    key: str | None
    traceparent: str

    @property
    def route(self) -> str:
        """The method and the path's template."""
        return f"{self.request.method} {self.request.scope['route'].path}"

    async def asked(self) -> tuple[Asked | None, str]:
        """What identifies this request, None without a key; and a hash of all that it says."""
        said = [self.request.method, self.request.url.path, self.request.url.query, json_of(await self.request.body())]
        body = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return (Asked(self.actor, self.route, self.key) if self.key else None), body

    async def answer(self, decide: Decide, *, about: UUID | None = None, asleep: bool = False) -> Response:
        """Decides, unless that was done before, carries it out, and answers 202.

        `about`: the one thing that this request is good for, whatever its key; the act's request is then that thing.
        `asleep`: also for a person who is deactivated."""
        asked, body = await self.asked()
        now = self.gate.clock()
        standing = await self.begun(asked, body, now) if asked is not None else None
        if about is not None:
            asked = Asked(self.actor, f"{self.route} of", str(about))
            try:
                standing = await self.gate.requests.begin(asked, body, now)
            except AnotherBody:
                raise Problem(409, "This was registered already, with other details.") from None
        if standing is None:
            if not asleep:
                await self.awake()
            act = Act(self.actor, asked.id if asked else uuid4(), now)
            standing = await self.gate.carrier.plan(await decide(act), self.actor)
            if asked is not None:
                standing = await self.gate.requests.decide(asked, body, standing, now)
        return answered(standing if standing.done else await self._carried_out(asked, body, standing))

    async def begun(self, asked: Asked, body: str, now: datetime) -> Plan | None:
        """Writes the request down; what was decided before. Problem 422 if its key was used for something else."""
        try:
            return await self.gate.requests.begin(asked, body, now)
        except AnotherBody:
            raise Problem(422, "This Idempotency-Key was used for another request.") from None

    async def awake(self) -> None:
        """Problem 403 for a person who is deactivated."""
        person: User | None = await self.gate.store.get(USERS, self.actor)
        if person is not None and person.active is False:
            raise forbidden("Your account is deactivated. POST /v1/me/reactivate brings it back.")

    async def _carried_out(self, asked: Asked | None, body: str, plan: Plan) -> Plan:
        """Goes on when the one who asked has gone or waited too long, so that nothing stays half done."""

        async def work() -> Plan:
            done = await self.gate.carrier.carry_out(plan, self.gate.clock(), self.traceparent)
            return done if asked is None else await self.gate.requests.answer(asked, body, plan, done)

        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.shield(self.gate.start(work()))
        except TimeoutError:
            detail = "The log doesn't answer. It may or may not have happened: ask again with the same Idempotency-Key."
            raise Problem(503, detail, headers={"Retry-After": "5"}) from None


async def writing(
    request: Request,
    actor: Viewer,
    _waited: Annotated[None, After],
    idempotency_key: Annotated[
        str | None,
        Header(
            description="The same key with the same request gives the same answer again, for a day, and makes nothing"
            " twice. With another request it is refused (422).",
            min_length=1,
            max_length=IDEMPOTENCY_KEY,
            examples=["0b7e2d0c-6a0e-4a51-9f0e-0c6b3a1f1b52"],
        ),
    ] = None,
    traceparent: Annotated[str | None, Header(description="W3C Trace Context; passed on to the log.")] = None,
) -> Writing:
    """The write that a request is. Problem 401."""
    return Writing(request.app.state.gate, request, actor, idempotency_key, traceparent_of(traceparent))


Write = Annotated[Writing, Depends(writing)]


def answered(plan: Plan) -> Response:
    """A plan that was carried out, as a response."""
    content = {"event_id": str(plan.event_id), "id": str(plan.id), "position": plan.position}
    return JSONResponse(content, 202, {"Darkroom-Position": plan.position} if plan.position else {})


def json_of(body: bytes) -> object:
    """A body's JSON, so that the order of its members doesn't matter; its hex where it is none and nobody reads it."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.hex()
