"""Asking again makes nothing twice: what was asked under an Idempotency-Key, and what was decided, kept for a day.

Before anything else a request is written down with a hash of its body. Once decided, and before anything is appended,
the very records go beside it, sealed as the log will hold them; of two attempts that decide at once the first stays,
and both append those. So whatever became of an attempt, all others make the same facts, byte for byte. When they are
in the log the answer takes the records' place. All writes are lightweight transactions, and live for a day.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.ids import derived_id
from events.settings import Settings
from producers.writes.plan import Plan, parse_plan
from projections.keyspace import private
from projections.store.cassandra import CassandraStore

TTL_SECONDS = 86_400


class AnotherBody(Exception):
    """The key was used before, for something else."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What makes a request the same one: who asks, for what (`PUT /v1/photos/{photo_id}/like`), under which key."""

    actor: UUID
    route: str
    key: str

    @property
    def id(self) -> UUID:
        """The request's id, which all ids of what it makes derive from."""
        return derived_id(self.actor, self.route, self.key)


class Requests(Protocol):
    """The requests of the last day. All raise StoreUnavailable."""

    async def begin(self, asked: Asked, body: str, now: datetime) -> Plan | None:
        """Writes a request down (`body`: a hash). The plan that stands, if it was decided before. AnotherBody."""
        ...

    async def decide(self, asked: Asked, body: str, plan: Plan, now: datetime) -> Plan:
        """Writes the plan down unless one stands already; the one that stands."""
        ...

    async def answer(self, asked: Asked, body: str, plan: Plan, done: Plan) -> Plan:
        """Writes down how a plan was carried out, unless another attempt has; the one that stands."""
        ...


class CassandraRequests:
    """See Requests."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private(settings)}.requests"

    async def begin(self, asked: Asked, body: str, now: datetime) -> Plan | None:
        """See Requests."""
        cql = (
            f"INSERT INTO {self._table} (actor, route, key, body, decided_at) VALUES (?, ?, ?, ?, ?)"
            f" IF NOT EXISTS USING TTL {TTL_SECONDS}"
        )
        if (await self._store.execute(cql, (asked.actor, asked.route, asked.key, body, now)))[0][0]:
            return None
        kept, plan = await self._kept(asked)
        if kept is not None and kept != body:
            raise AnotherBody(asked.key)
        return plan

    async def decide(self, asked: Asked, body: str, plan: Plan, now: datetime) -> Plan:
        """See Requests."""
        # All columns again, so that they end together.
        cql = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, decided_at = ?, answer = ?"
            " WHERE actor = ? AND route = ? AND key = ? IF answer = null"
        )
        values = (body, now, plan.to_json(), asked.actor, asked.route, asked.key)
        if (await self._store.execute(cql, values))[0][0]:
            return plan
        return (await self._kept(asked))[1] or plan

    async def answer(self, asked: Asked, body: str, plan: Plan, done: Plan) -> Plan:
        """See Requests."""
        cql = (
            f"UPDATE {self._table} USING TTL {TTL_SECONDS} SET body = ?, answer = ?"
            " WHERE actor = ? AND route = ? AND key = ? IF answer = ?"
        )
        values = (body, done.to_json(), asked.actor, asked.route, asked.key, plan.to_json())
        if (await self._store.execute(cql, values))[0][0]:
            return done
        return (await self._kept(asked))[1] or done

    async def _kept(self, asked: Asked) -> tuple[str | None, Plan | None]:
        """The body's hash and the plan that stands."""
        cql = f"SELECT body, answer FROM {self._table} WHERE actor = ? AND route = ? AND key = ?"
        rows = await self._store.execute(cql, (asked.actor, asked.route, asked.key))
        if not rows:
            return None, None
        body, answer = rows[0]
        return body, parse_plan(answer) if answer else None
