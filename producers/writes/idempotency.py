"""Makes writes idempotent: a repeated Idempotency-Key returns the first answer, for a day.

1. `begin` keeps a hash of the request under its key, before anything else.
2. `save_plan` keeps the very records that were decided for, sealed as the log will hold them, before any is appended.
   Of two attempts that decide at once the first one's plan stays, and both append that.
3. `save_answer` puts the answer in the place of the records, once they are in the log.

So whatever became of an attempt, every other one makes the same events, byte for byte. All of these are lightweight
transactions, and what they write lives for a day.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.ids import derived_id
from events.settings import Settings
from producers.writes.plan import Plan, parse_plan
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

    async def begin(self, key: IdempotencyKey, body_hash: str, now: datetime) -> Plan | None:
        """Keeps a request, unless it is kept already; returns the plan that an earlier attempt left.

        Raises KeyReused if the key was used with another body."""
        ...

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan, now: datetime) -> Plan:
        """Keeps a plan, unless an attempt before this one left one; returns the one that is kept."""
        ...

    async def save_answer(self, key: IdempotencyKey, body_hash: str, *, plan: Plan, executed: Plan) -> Plan:
        """Keeps a plan as it was executed, unless another attempt was faster; returns the one that is kept."""
        ...


class CassandraIdempotencyStore:
    """See IdempotencyStore."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private_keyspace(settings)}.requests"

    async def begin(self, key: IdempotencyKey, body_hash: str, now: datetime) -> Plan | None:
        """See IdempotencyStore."""
        cql = (
            f"INSERT INTO {self._table} (actor, route, key, body, decided_at) VALUES (?, ?, ?, ?, ?)"
            f" IF NOT EXISTS USING TTL {TTL_SECONDS}"
        )
        if (await self._store.execute(cql, (key.actor, key.route, key.key, body_hash, now)))[0][0]:
            return None
        kept_hash, plan = await self._kept(key)
        if kept_hash is not None and kept_hash != body_hash:
            raise KeyReused(key.key)
        return plan

    async def save_plan(self, key: IdempotencyKey, body_hash: str, plan: Plan, now: datetime) -> Plan:
        """See IdempotencyStore."""
        # All columns again, so that they end together.
        cql = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, decided_at = ?, answer = ?"
            " WHERE actor = ? AND route = ? AND key = ? IF answer = null"
        )
        values = (body_hash, now, plan.to_json(), key.actor, key.route, key.key)
        if (await self._store.execute(cql, values))[0][0]:
            return plan
        return (await self._kept(key))[1] or plan

    async def save_answer(self, key: IdempotencyKey, body_hash: str, *, plan: Plan, executed: Plan) -> Plan:
        """See IdempotencyStore."""
        cql = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, answer = ?"
            " WHERE actor = ? AND route = ? AND key = ? IF answer = ?"
        )
        values = (body_hash, executed.to_json(), key.actor, key.route, key.key, plan.to_json())
        if (await self._store.execute(cql, values))[0][0]:
            return executed
        return (await self._kept(key))[1] or executed

    async def _kept(self, key: IdempotencyKey) -> tuple[str | None, Plan | None]:
        """Returns the hash and the plan that are kept under a key."""
        cql = f"SELECT body, answer FROM {self._table} WHERE actor = ? AND route = ? AND key = ?"
        rows = await self._store.execute(cql, (key.actor, key.route, key.key))
        if not rows:
            return None, None
        body_hash, answer = rows[0]
        return body_hash, parse_plan(answer) if answer else None
