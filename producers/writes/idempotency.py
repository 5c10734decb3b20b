"""Makes writes idempotent: a repeated Idempotency-Key returns the first answer, for a day.

1. `begin` keeps a hash of the request under its key, before anything else.
2. `save_plan` keeps the very records that were decided for, sealed as the log will hold them, before any is appended.
   Of two attempts that decide at once the first one's plan stays, and both append that.
3. `save_answer` puts the answer in the place of the records, once they are in the log.

So whatever became of an attempt, every other one makes the same events, byte for byte: a copy of a record that stands
in the log already counts as nothing there. That holds for `Settings.copy_window`. A plan that is nearly as old is
looked for in the log (producers.writes.execute), and if nothing of it is there, `replace_plan` keeps another one.

All of these are lightweight transactions, and what they write lives for a day. How old a plan is, the database's clock
says, when it is kept and when it is read: gateways' clocks may differ.
"""

import asyncio
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

    async def begin(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        """Keeps a request, unless it is kept already; returns the plan that an earlier attempt left.

        Raises KeyReused if the key was used with another body."""
        ...

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        """Keeps a plan, unless an attempt before this one left one; returns the one that is kept."""
        ...

    async def replace_plan(self, key: IdempotencyKey, body_hash: str, *, lost: Plan, plan: Plan) -> KeptPlan:
        """Keeps a plan in the place of one of which nothing is in the log, unless another attempt did; returns the one
        that is kept."""
        ...

    async def save_answer(self, key: IdempotencyKey, body_hash: str, *, plan: Plan, executed: Plan) -> Plan:
        """Keeps a plan as it was executed, unless another attempt was faster; returns the one that is kept."""
        ...


class CassandraIdempotencyStore:
    """See IdempotencyStore."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private_keyspace(settings)}.requests"
        # All columns at once, so that they end together.
        self._keep = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, decided_at = toTimestamp(now()), answer = ?"
            " WHERE actor = ? AND route = ? AND key = ? IF answer = "
        )

    async def begin(self, key: IdempotencyKey, body_hash: str) -> KeptPlan | None:
        """See IdempotencyStore."""
        columns = "(actor, route, key, body)"
        cql = f"INSERT INTO {self._table} {columns} VALUES (?, ?, ?, ?) IF NOT EXISTS USING TTL {TTL_SECONDS}"
        if (await self._store.execute(cql, (key.actor, key.route, key.key, body_hash)))[0][0]:
            return None
        kept_hash, plan = await self._kept(key)
        if kept_hash is not None and kept_hash != body_hash:
            raise KeyReused(key.key)
        return plan

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan) -> KeptPlan:
        """See IdempotencyStore."""
        asked_at = asyncio.get_running_loop().time()
        values = (body_hash, plan.to_json(), key.actor, key.route, key.key)
        if (await self._store.execute(f"{self._keep}null", values))[0][0]:
            return new_plan(plan, asked_at)
        return (await self._kept(key))[1] or new_plan(plan, asked_at)

    async def replace_plan(self, key: IdempotencyKey, body_hash: str, *, lost: Plan, plan: Plan) -> KeptPlan:
        """See IdempotencyStore."""
        asked_at = asyncio.get_running_loop().time()
        values = (body_hash, plan.to_json(), key.actor, key.route, key.key, lost.to_json())
        if (await self._store.execute(f"{self._keep}?", values))[0][0]:
            return new_plan(plan, asked_at)
        return (await self._kept(key))[1] or await self.save_plan(key, body_hash, plan)

    async def save_answer(self, key: IdempotencyKey, body_hash: str, *, plan: Plan, executed: Plan) -> Plan:
        """See IdempotencyStore."""
        values = (body_hash, executed.to_json(), key.actor, key.route, key.key, plan.to_json())
        if (await self._store.execute(f"{self._keep}?", values))[0][0]:
            return executed
        kept = (await self._kept(key))[1]
        return kept.plan if kept is not None and kept.plan.done else executed

    async def _kept(self, key: IdempotencyKey) -> tuple[str | None, KeptPlan | None]:
        """Returns the hash and the plan that are kept under a key."""
        asked_at = asyncio.get_running_loop().time()
        columns = "body, answer, decided_at, toTimestamp(now())"
        cql = f"SELECT {columns} FROM {self._table} WHERE actor = ? AND route = ? AND key = ?"
        rows = await self._store.execute(cql, (key.actor, key.route, key.key))
        if not rows:
            return None, None
        body_hash, answer, kept_at, now = rows[0]
        if not answer:
            return body_hash, None
        age = (now - kept_at).total_seconds()
        kept = KeptPlan(plan=parse_plan(answer), kept_at=kept_at.replace(tzinfo=UTC), age=age, read_at=asked_at)
        return body_hash, kept
