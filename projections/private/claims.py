"""Claims of what must be unique (handles): lightweight transactions, at the gateway only.

A claim is pending until its event is acknowledged. A crash in between locks nothing for longer than the deadline,
which lies beyond the producer's delivery timeout: until then the same event may claim again, afterwards anyone.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from events.settings import Settings
from projections.keyspace import private
from projections.store.cassandra import CassandraStore

PENDING = timedelta(minutes=5)  # the producer's delivery timeout is two minutes
FINAL = datetime(9999, 1, 1, tzinfo=UTC)


class Claimed(Exception):
    """Somebody else has it."""


class Claims:
    """Who holds which unique value."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store, self._table = store, f"{private(settings)}.claims"

    async def claim(self, kind: str, value: str, owner: UUID, event_id: UUID, now: datetime) -> None:
        """Claims a value until `now + PENDING`. Claimed if another holds it; StoreUnavailable."""
        deadline = now + PENDING
        columns = "(kind, value, owner, event_id, deadline)"
        cql = f"INSERT INTO {self._table} {columns} VALUES (?, ?, ?, ?, ?) IF NOT EXISTS"
        if (await self._store.execute(cql, (kind, value, owner, event_id, deadline)))[0][0]:
            return
        holder = await self.holder(kind, value)
        if holder is None:
            raise Claimed(value)
        held_by, held_event, held_until = holder
        if held_until == FINAL and held_by == owner:
            return
        if held_event != event_id and held_until > now:
            raise Claimed(value)
        cql = (
            f"UPDATE {self._table} SET owner = ?, event_id = ?, deadline = ? WHERE kind = ? AND value = ?"
            " IF event_id = ? AND deadline = ?"
        )
        answer = await self._store.execute(cql, (owner, event_id, deadline, kind, value, held_event, held_until))
        if not answer[0][0]:
            raise Claimed(value)

    async def holds(self, kind: str, value: str, event_id: UUID, now: datetime) -> bool:
        """Whether an event's claim still stands: looked at just before it is appended."""
        holder = await self.holder(kind, value)
        return holder is not None and holder[1] == event_id and holder[2] > now

    async def settle(self, kind: str, value: str, event_id: UUID) -> None:
        """The claim's event is in the log: the claim is final."""
        cql = f"UPDATE {self._table} SET deadline = ? WHERE kind = ? AND value = ? IF event_id = ?"
        await self._store.execute(cql, (FINAL, kind, value, event_id))

    async def release(self, kind: str, value: str, owner: UUID) -> None:
        """Gives up a value that its owner no longer has."""
        cql = f"DELETE FROM {self._table} WHERE kind = ? AND value = ? IF owner = ?"
        await self._store.execute(cql, (kind, value, owner))

    async def holder(self, kind: str, value: str) -> tuple[UUID, UUID, datetime] | None:
        """A value's owner, the event that claimed it, and until when (FINAL: for good)."""
        cql = f"SELECT owner, event_id, deadline FROM {self._table} WHERE kind = ? AND value = ?"
        rows = await self._store.execute(cql, (kind, value))
        if not rows:
            return None
        owner, event_id, deadline = rows[0]
        return owner, event_id, deadline.replace(tzinfo=UTC)
