"""Makes writes idempotent: a repeated Idempotency-Key returns the first answer, for a day.

1. `save_plan` keeps the very records that were decided for, sealed as the log will hold them, and a hash of the
   request, before any is appended. It is the one lightweight transaction of a write: of two attempts that decide at
   once the first one's plan stays, and both append that.
2. `save_answer` notes where the records are, once they are in the log: an ordinary write to a column that no
   transaction touches. It names the plan that was executed, so it says nothing of any other.

Nothing is kept before the decision: what a request makes has ids that derive from its key, so an attempt that ended
before its plan was kept has left nothing, and the next one decides as if it were the first. What is refused leaves
nothing either.

So whatever became of an attempt, every other one makes the same events, byte for byte: a copy of a record that stands
in the log already counts as nothing there. That holds for `Settings.copy_window`. A plan that is nearly as old is
looked for in the log (producers.writes.execute), and if nothing of it is there, `replace_plan` keeps another one.

A write whose note was lost is made again, or looked for, by whoever asks again: the note saves that work, and makes the
position in the answer the same. Only attempts that are under way at the very same time may answer with different
positions, each of a copy that stands there.

What is kept lives for a day. How old a plan is, the database's clock says, when it is kept and when it is read:
gateways' clocks may differ.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol
from uuid import UUID

from events.ids import derived_id
from events.settings import Settings
from producers.writes.plan import KeptPlan, Plan, new_plan, parse_plan
from projections.private.keyspace import private_keyspace
from projections.store.cassandra import CassandraStore

TTL_SECONDS = 86_400
WHERE = "actor = ? AND route = ? AND key = ?"


class KeyReused(Exception):
    """The key was used before, for another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """What makes two requests the same one: the person, the route (`PUT /v1/photos/{photo_id}/like`), their key."""

    actor: UUID
    route: str
    key: str

    @property
    def request(self) -> UUID:
        """The request's id, which all ids of what it makes derive from."""
        return derived_id(self.actor, self.route, self.key)


class IdempotencyStore(Protocol):
    """The requests of the last day. Everything raises StoreUnavailable."""

    async def find(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        """Returns the plan that an earlier attempt left; None if none did.

        Raises KeyReused if it is another request's."""
        ...

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        """Keeps a plan, unless an attempt before this one left one; returns the one that is kept.

        Raises KeyReused if that is another request's."""
        ...

    async def replace_plan(self, key: IdempotencyKey, body_hash: str, *, lost: Plan, plan: Plan) -> KeptPlan:
        """Keeps a plan in the place of one of which nothing is in the log, unless another attempt did; returns the one
        that is kept."""
        ...

    async def save_answer(self, key: IdempotencyKey, kept: KeptPlan, executed: Plan) -> Plan:
        """Notes that a plan was executed; returns what to answer: as another attempt executed it if its note is there.

        `kept`: the plan as it was executed from."""
        ...


class CassandraIdempotencyStore:
    """See IdempotencyStore."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private_keyspace(settings)}.requests"
        # All columns at once, so that they end together. Only `answer` may be there for some moments more: it names a
        # plan, and no two are equal.
        self._keep = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, decided_at = toTimestamp(now()), plan = ?"
            f" WHERE {WHERE} IF plan = "
        )

    async def find(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        """See IdempotencyStore."""
        asked_at = asyncio.get_running_loop().time()
        columns = "body, plan, answer, decided_at, toTimestamp(now())"
        rows = await self._store.execute(f"SELECT {columns} FROM {self._table} WHERE {WHERE}", values_of(key))
        if not rows or rows[0][1] is None:
            return None
        kept_hash, plan, answer, kept_at, now = rows[0]
        if kept_hash != body_hash:
            raise KeyReused(key.key)
        age = (now - kept_at).total_seconds()
        return KeptPlan(plan=answered(plan, answer), kept_at=kept_at.replace(tzinfo=UTC), age=age, read_at=asked_at)

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        """See IdempotencyStore."""
        asked_at = asyncio.get_running_loop().time()
        values = (body_hash, plan.to_json(), *values_of(key))
        if (await self._store.execute(f"{self._keep}null", values))[0][0]:
            return new_plan(plan, asked_at)
        return await self.find(key, body_hash) or await self.save_plan(key, body_hash, plan)

    async def replace_plan(self, key: IdempotencyKey, body_hash: str, *, lost: Plan, plan: Plan) -> KeptPlan:
        """See IdempotencyStore."""
        asked_at = asyncio.get_running_loop().time()
        values = (body_hash, plan.to_json(), *values_of(key), lost.to_json())
        if (await self._store.execute(f"{self._keep}?", values))[0][0]:
            return new_plan(plan, asked_at)
        return await self.save_plan(key, body_hash, plan)

    async def save_answer(self, key: IdempotencyKey, kept: KeptPlan, executed: Plan) -> Plan:
        """See IdempotencyStore."""
        if kept.tried:  # another attempt may have noted where it stands, and have answered that
            cql = f"SELECT answer FROM {self._table} WHERE {WHERE}"
            for (answer,) in await self._store.execute(cql, values_of(key)):
                noted = answered(kept.plan.to_json(), answer)
                if noted.done:
                    return noted
        answer = answer_of(kept.plan.to_json(), executed)
        cql = f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET answer = ? WHERE {WHERE}"
        await self._store.execute(cql, (answer, *values_of(key)))
        return executed


def values_of(key: IdempotencyKey) -> tuple[UUID, str, str]:
    """Returns the values of WHERE for a request."""
    return key.actor, key.route, key.key


def answer_of(plan: str, executed: Plan) -> str:
    """Returns the note that a plan, given in its JSON, was executed."""
    return json.dumps([hashlib.sha256(plan.encode()).hexdigest(), executed.position])


def answered(plan: str, answer: str | None) -> Plan:
    """Returns a plan from its JSON: as it was executed, if a note says so of this very plan."""
    kept = parse_plan(plan)
    if answer is None:
        return kept
    digest, position = json.loads(answer)
    return kept.executed(position) if digest == hashlib.sha256(plan.encode()).hexdigest() else kept
