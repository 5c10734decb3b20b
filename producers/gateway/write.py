"""The path of every write: decision, idempotency, execution, answer.

What is durable when, and what a retry with the same Idempotency-Key does if everything stops there:

1. `_decided`: nothing. The retry decides anew, with the same ids.
2. `_keep`: the plan, with the very records, and a hash of the request. The retry executes this plan, whatever the read
   models say by then: it finds it as it keeps its own, or once it has been refused one.
3. `_execute`: the claim (pending), then the records in the log, then the claim (final). The retry appends the same
   records again, which changes nothing; or finds them in the log; or, if they aren't there and it is too late to
   append them again, decides anew (producers.writes.execute).
4. `_execute`: where the records are. The retry answers that.

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
from producers.gateway.reads import together
from producers.gateway.resources import Resources
from producers.gateway.traceparent import traceparent_or_new
from producers.gateway.written import response_of
from producers.limits import IDEMPOTENCY_KEY
from producers.publisher import NotPublished
from producers.writes.execute import PlanLost
from producers.writes.idempotency import IdempotencyKey, KeyReused
from producers.writes.plan import KeptPlan, Plan, new_plan
from projections.visibility import VisibleRows
from web.problems import Problem, request_id_of
from web.read_your_writes import After
from web.tokens import Viewer

# An append may take half a minute when Kafka is away, and nobody holds a phone that long. It is less than a whole
# request's deadline, because this answer says more: ask again with the same key.
ANSWER_SECONDS = 8.0
logger = logging.getLogger("darkroom.http")
Decide = Callable[[Command, VisibleRows], Awaitable[Decision]]
DecideAllowed = Callable[[Command], Awaitable[Decision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a write.

    `key` is None for a request that can't be repeated; `reused` is how it is refused if another request had the key."""

    command: Command
    key: IdempotencyKey | None
    body_hash: str
    reused: Refusal


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request to write: a dependency of every handler that appends events."""

    resources: Resources
    request: Request
    actor: UUID
    key: str | None
    traceparent: str

    async def respond(
        self, decide: Decide, *, single_use: UUID | None = None, allow_deactivated: bool = False
    ) -> Response:
        """Writes what `decide` decides by the rows that the actor may see, unless an earlier attempt did; answers 202.

        - `single_use`: the one thing that this request is good for, whatever its key (an upload). The command's request
          derives from it.
        - `allow_deactivated`: whether a deactivated person may do this.

        Raises Refusal; Problem 503 if the log doesn't answer in time."""

        async def decide_allowed(command: Command) -> Decision:
            visible = VisibleRows(self.resources.store, self.actor, command.at)
            if allow_deactivated:
                return await decide(command, visible)
            _, decision = await together(require_active(visible), decide(command, visible))
            return decision

        attempt = await self._attempt(single_use)
        if single_use is not None and self.key is not None:
            _, outcome = await asyncio.gather(self.keep_key(), self._decided(attempt, decide_allowed))
        else:
            outcome = await self._decided(attempt, decide_allowed)
        kept = await self._keep(attempt, outcome)
        return response_of(kept.plan if kept.plan.done else await self._execute(attempt, kept, decide_allowed))

    async def keep_key(self) -> Command:
        """Returns the command of a request that appends nothing under its key, which is kept for this request alone.

        Raises Invalid if the key was used for another request."""
        attempt = await self._attempt()
        if attempt.key is not None:
            request = attempt.command.request
            await self._keep(attempt, Plan(id=request, event_id=request, owner=self.actor, done=True))
        return attempt.command

    async def _attempt(self, single_use: UUID | None = None) -> Attempt:
        """Returns this attempt at the request; nothing is kept of it yet."""
        route = f"{self.request.method} {self.request.scope['route'].path}"
        key, reused = None, key_reused()
        if single_use is not None:
            key, reused = IdempotencyKey(actor=self.actor, route=f"{route} of", key=str(single_use)), upload_reused()
        elif self.key is not None:
            key = IdempotencyKey(actor=self.actor, route=route, key=self.key)
        command = Command(actor=self.actor, request=key.request if key else uuid4(), at=self.resources.clock())
        return Attempt(command=command, key=key, body_hash=await self._body_hash(), reused=reused)

    async def _body_hash(self) -> str:
        """Returns a hash of all that the request says: method, path, query and body."""
        url, body = self.request.url, await self.request.body()
        content = [self.request.method, url.path, url.query, normalized(body)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    async def _decided(self, attempt: Attempt, decide: DecideAllowed) -> Plan | Exception:
        """Decides; returns the plan, or what kept it from being made."""
        try:
            return await self.resources.executor.plan(await decide(attempt.command), self.actor)
        except Exception as error:
            return error

    async def _keep(self, attempt: Attempt, outcome: Plan | Exception) -> KeptPlan:
        """Keeps the plan; returns an earlier attempt's if there is one, also where no plan could be made now.

        Raises Refusal, and what kept the plan from being made."""
        if attempt.key is None:
            if isinstance(outcome, Exception):
                raise outcome
            return new_plan(outcome)
        store = self.resources.idempotency
        try:
            if isinstance(outcome, Plan):
                return await store.save_plan(attempt.key, attempt.body_hash, outcome)
            earlier = await store.find(attempt.key, attempt.body_hash)
        except KeyReused:
            raise attempt.reused from None
        if earlier is None:
            raise outcome
        return earlier

    async def _replace(self, attempt: Attempt, decide: DecideAllowed, lost: Plan) -> KeptPlan:
        """Decides anew, because nothing of an earlier attempt's plan is in the log. Raises Refusal, and keeps none."""
        plan = await self.resources.executor.plan(await decide(attempt.command), self.actor)
        if attempt.key is None:
            return new_plan(plan)
        return await self.resources.idempotency.replace_plan(attempt.key, attempt.body_hash, lost=lost, plan=plan)

    async def _execute(self, attempt: Attempt, kept: KeptPlan, decide: DecideAllowed) -> Plan:
        """Executes the plan and keeps the answer, also if whoever asked has gone or waited too long.

        Raises Refusal; Problem 503 after ANSWER_SECONDS, while the work goes on."""

        async def execute() -> Plan:
            used, executed = await self._executed(attempt, kept, decide)
            if attempt.key is None or used.plan.done:
                return executed
            return await self.resources.idempotency.save_answer(attempt.key, used, executed)

        work = self.resources.start(execute())
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.shield(work)
        except TimeoutError:
            self._log_what_becomes_of(work)
            detail = "The log doesn't answer. It may or may not have happened: ask again with the same Idempotency-Key."
            raise Problem(503, detail, headers={"Retry-After": "5"}) from None

    async def _executed(self, attempt: Attempt, kept: KeptPlan, decide: DecideAllowed) -> tuple[KeptPlan, Plan]:
        """Executes a plan, or another one in its place if it is lost; returns that plan, and as it was executed."""
        executor = self.resources.executor
        try:
            return kept, await executor.execute(kept, self.traceparent)
        except PlanLost as lost:
            try:
                anew = await self._replace(attempt, decide, kept.plan)
            except Refusal:
                if lost.certain:
                    raise
                # It would say that nothing was written, and that isn't certain yet.
                raise NotPublished("an earlier attempt may still be under way") from None
        if anew.plan.done:
            return anew, anew.plan
        try:
            return anew, await executor.execute(anew, self.traceparent)
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


async def require_active(visible: VisibleRows) -> None:
    """Raises Forbidden for a person who is deactivated."""
    user = await visible.user(visible.viewer)
    if user is not None and user.active is False:
        detail = "Your account is deactivated. POST /v1/me/reactivate brings it back."
        raise Forbidden(Code.ACCOUNT_DEACTIVATED, detail)


def key_reused() -> Invalid:
    """Returns the refusal for a key that another request had."""
    return Invalid(Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key was used for another request.")


def upload_reused() -> Conflict:
    """Returns the refusal for an upload that another request registered."""
    return Conflict(Code.UPLOAD_REUSED, "This was registered already, with other details.")


def normalized(body: bytes) -> object:
    """Returns a body's JSON, so that the order of its members doesn't matter; its hex if it is none."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.hex()


async def write_request(
    request: Request,
    actor: Viewer,
    _waited: Annotated[float, After],
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
