"""Claims to what must be unique (handles), kept by lightweight transactions. Only the gateway uses them.

A claim is pending until its event is acknowledged. A crash in between locks nothing for longer than the deadline,
which lies beyond the producer's delivery timeout: until then the same event may claim again, afterwards anyone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from events.settings import Settings
from projections.private.keyspace import private_keyspace
from projections.store.cassandra import CassandraStore

PENDING = timedelta(minutes=5)  # the producer's delivery timeout is two minutes
FINAL = datetime(9999, 1, 1, tzinfo=UTC)


class Claimed(Exception):
    """Somebody else has the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a value, by which event, and until when: FINAL once the event is in the log."""

    owner: UUID
    event_id: UUID
    until: datetime

    @property
    def final(self) -> bool:
        """Whether the claim's event is in the log."""
        return self.until == FINAL


class Claims:
    """Who has which unique value. Every method raises StoreUnavailable."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private_keyspace(settings)}.claims"

    async def claim(self, *, kind: str, value: str, owner: UUID, event_id: UUID, now: datetime) -> None:
        """Claims a value for an event until `now + PENDING`; changes nothing if its owner has it for good.

        Raises Claimed if somebody else has it."""
        deadline = now + PENDING
        columns = "(kind, value, owner, event_id, deadline)"
        cql = f"INSERT INTO {self._table} {columns} VALUES (?, ?, ?, ?, ?) IF NOT EXISTS"
        if (await self._store.execute(cql, (kind, value, owner, event_id, deadline)))[0][0]:
            return
        holder = await self.holder(kind=kind, value=value)
        if holder is None:
            raise Claimed(value)
        if holder.final and holder.owner == owner:
            return
        if holder.event_id != event_id and holder.until > now:
            raise Claimed(value)
        cql = (
            f"UPDATE {self._table} SET owner = ?, event_id = ?, deadline = ? WHERE kind = ? AND value = ?"
            " IF event_id = ? AND deadline = ?"
        )
        values = (owner, event_id, deadline, kind, value, holder.event_id, holder.until)
        if not (await self._store.execute(cql, values))[0][0]:
            raise Claimed(value)

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        """Makes an event's claim final: the event is in the log. Changes nothing if another event has the value."""
        cql = f"UPDATE {self._table} SET deadline = ? WHERE kind = ? AND value = ? IF event_id = ?"
        await self._store.execute(cql, (FINAL, kind, value, event_id))

    async def release(self, *, kind: str, value: str, owner: UUID) -> None:
        """Gives up a value that its owner no longer has. Changes nothing if somebody else has it."""
        cql = f"DELETE FROM {self._table} WHERE kind = ? AND value = ? IF owner = ?"
        await self._store.execute(cql, (kind, value, owner))

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        """Returns who has a value, or has claimed it; None if it is free."""
        cql = f"SELECT owner, event_id, deadline FROM {self._table} WHERE kind = ? AND value = ?"
        rows = await self._store.execute(cql, (kind, value))
        if not rows:
            return None
        owner, event_id, deadline = rows[0]
        return Holder(owner=owner, event_id=event_id, until=deadline.replace(tzinfo=UTC))
