"""The path of every write: idempotency, decision, execution, answer.

What is durable when, and what a retry with the same Idempotency-Key does if everything stops there:

1. `begin`: the key and a hash of the request. The retry begins anew, with the same ids.
2. `_decide`: the plan, with the very records. The retry executes this plan, whatever the read models say by then.
3. `_execute`: the claim (pending), then the records in the log, then the claim (final). The retry appends the same
   records again, which changes nothing; or finds them in the log; or, if they aren't there and it is too late to
   append them again, decides anew (producers.writes.execute).
4. `_execute`: the answer in the plan's place. The retry answers it.

Without a key only step 3 is durable, and a retry is another request.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Header
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from events.error_text import described
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Conflict, Forbidden, Invalid, Refusal
from producers.gateway.resources import Resources
from producers.gateway.traceparent import traceparent_or_new
from producers.gateway.written import response_of
from producers.limits import IDEMPOTENCY_KEY
from producers.publisher import NotPublished
from producers.writes.execute import PlanLost
from producers.writes.idempotency import IdempotencyKey, KeyReused
from producers.writes.plan import KeptPlan, Plan, new_plan
from projections.accounts.users import USERS, User
from projections.store.protocol import Store
from web.problems import Problem, request_id_of
from web.read_your_writes import After
from web.tokens import Viewer

# An append may take half a minute when Kafka is away, and nobody holds a phone that long. It is less than a whole
# request's deadline, because this answer says more: ask again with the same key.
ANSWER_SECONDS = 8.0
logger = logging.getLogger("darkroom.http")
Decide = Callable[[Command], Awaitable[Decision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a write.

    `key` is None for a request that can't be repeated; `plan` is what an earlier attempt decided, None if none did."""

    command: Command
    key: IdempotencyKey | None
    body_hash: str
    plan: KeptPlan | None


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request to write: a dependency of every handler that appends events."""

    resources: Resources
    request: Request
    actor: UUID
    key: str | None
    traceparent: str

    @property
    def store(self) -> Store:
        """The read models."""
        return self.resources.store

    async def respond(
        self, decide: Decide, *, single_use: UUID | None = None, allow_deactivated: bool = False
    ) -> Response:
        """Writes what `decide` decides, unless an earlier attempt did; answers 202.

        - `single_use`: the one thing that this request is good for, whatever its key (an upload). The command's request
          derives from it.
        - `allow_deactivated`: whether a deactivated person may do this.

        Raises Refusal; Problem 503 if the log doesn't answer in time."""
        attempt = await self.begin(single_use)

        async def decide_allowed(command: Command) -> Decision:
            if not allow_deactivated:
                await self.require_active()
            return await decide(command)

        kept = attempt.plan or await self._decide(attempt, decide_allowed)
        return response_of(kept.plan if kept.plan.done else await self._execute(attempt, kept, decide_allowed))

    async def begin(self, single_use: UUID | None = None) -> Attempt:
        """Keeps the request under its key, so that the next attempt is known as the same one.

        Raises Invalid if its key was used for another request; Conflict if what it is good for was."""
        body_hash = await self._body_hash()
        route = f"{self.request.method} {self.request.scope['route'].path}"
        key, plan = None, None
        if self.key is not None:
            key = IdempotencyKey(actor=self.actor, route=route, key=self.key)
            try:
                plan = await self.resources.idempotency.begin(key, body_hash)
            except KeyReused:
                detail = "This Idempotency-Key was used for another request."
                raise Invalid(Code.IDEMPOTENCY_KEY_REUSED, detail) from None
        if single_use is not None:
            key = IdempotencyKey(actor=self.actor, route=f"{route} of", key=str(single_use))
            try:
                plan = await self.resources.idempotency.begin(key, body_hash)
            except KeyReused:
                detail = "This was registered already, with other details."
                raise Conflict(Code.UPLOAD_REUSED, detail) from None
        command = Command(actor=self.actor, request=key.request if key else uuid4(), at=self.resources.clock())
        return Attempt(command=command, key=key, body_hash=body_hash, plan=plan)

    async def _body_hash(self) -> str:
        """Returns a hash of all that the request says: method, path, query and body."""
        url, body = self.request.url, await self.request.body()
        content = [self.request.method, url.path, url.query, normalized(body)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    async def require_active(self) -> None:
        """Raises Forbidden for a person who is deactivated."""
        user: User | None = await self.store.get(USERS, self.actor)
        if user is not None and user.active is False:
            detail = "Your account is deactivated. POST /v1/me/reactivate brings it back."
            raise Forbidden(Code.ACCOUNT_DEACTIVATED, detail)

    async def _decide(self, attempt: Attempt, decide: Decide, lost: Plan | None = None) -> KeptPlan:
        """Decides, and keeps the plan; returns another attempt's if that was faster. Raises Refusal, and keeps none.

        `lost`: an earlier attempt's plan, to be replaced."""
        plan = await self.resources.executor.plan(await decide(attempt.command), self.actor)
        if attempt.key is None:
            return new_plan(plan)
        if lost is None:
            return await self.resources.idempotency.save_plan(attempt.key, attempt.body_hash, plan)
        return await self.resources.idempotency.replace_plan(attempt.key, attempt.body_hash, lost=lost, plan=plan)

    async def _execute(self, attempt: Attempt, kept: KeptPlan, decide: Decide) -> Plan:
        """Executes the plan and keeps the answer, also if whoever asked has gone or waited too long.

        Raises Refusal; Problem 503 after ANSWER_SECONDS, while the work goes on."""

        async def execute() -> Plan:
            plan, executed = await self._executed(attempt, kept, decide)
            if attempt.key is None or plan.done:
                return executed
            store = self.resources.idempotency
            return await store.save_answer(attempt.key, attempt.body_hash, plan=plan, executed=executed)

        work = self.resources.start(execute())
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.shield(work)
        except TimeoutError:
            self._log_what_becomes_of(work)
            detail = "The log doesn't answer. It may or may not have happened: ask again with the same Idempotency-Key."
            raise Problem(503, detail, headers={"Retry-After": "5"}) from None

    async def _executed(self, attempt: Attempt, kept: KeptPlan, decide: Decide) -> tuple[Plan, Plan]:
        """Executes a plan, or another one in its place if it is lost; returns that plan, and as it was executed."""
        executor = self.resources.executor
        try:
            return kept.plan, await executor.execute(kept, self.traceparent)
        except PlanLost as lost:
            try:
                anew = await self._decide(attempt, decide, kept.plan)
            except Refusal:
                if lost.certain:
                    raise
                # It would say that nothing was written, and that isn't certain yet.
                raise NotPublished("an earlier attempt may still be under way") from None
        if anew.plan.done:
            return anew.plan, anew.plan
        try:
            return anew.plan, await executor.execute(anew, self.traceparent)
        except PlanLost:
            raise NotPublished("another attempt's plan is lost, too") from None

    def _log_what_becomes_of(self, work: asyncio.Task[Plan]) -> None:
        """Says in the log, under the request's id, why it was answered 503, once that is known."""
        name = f"request {request_id_of(self.request)}"

        def done(task: asyncio.Task[Plan]) -> None:
            error = None if task.cancelled() else task.exception()
            if task.cancelled() or error is not None:
                why = "cancelled" if error is None else described(error)
                logger.warning("%s was answered 503: %s", name, why)
            else:
                logger.warning("%s was answered 503, and is in the log since", name)

        work.add_done_callback(done)


def normalized(body: bytes) -> object:
    """Returns a body's JSON, so that the order of its members doesn't matter; its hex if it is none."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.hex()


async def write_request(
    request: Request,
    actor: Viewer,
    _waited: Annotated[None, After],
    idempotency_key: Annotated[
        str | SkipJsonSchema[None],
        Header(
            description="The same key with the same request gives the same answer again, for a day, and makes nothing"
            " twice. With another request it is refused (422).",
            min_length=1,
            max_length=IDEMPOTENCY_KEY,
            examples=["0b7e2d0c-6a0e-4a51-9f0e-0c6b3a1f1b52"],
        ),
    ] = None,
    traceparent: Annotated[
        str | SkipJsonSchema[None], Header(description="W3C Trace Context; passed on to the log.")
    ] = None,
) -> WriteRequest:
    """The write that a request asks for. Raises Problem 401 without a valid token."""
    return WriteRequest(request.app.state.resources, request, actor, idempotency_key, traceparent_or_new(traceparent))


Write = Annotated[WriteRequest, Depends(write_request)]
