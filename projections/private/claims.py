"""Claims to what must be unique (handles), kept by lightweight transactions. Only the gateway uses them.

A row says who has a value, or is to have it. Its owner may claim it again at any time, by whatever event. It is

- *pending* while an event that gives it to its owner may be under way: nobody else gets it before the deadline, which
  lies beyond the moment when such an event has landed or never will (`events.delivery`);
- *final* once that event is in the log;
- pending again, for as long, once its owner has given it up: an event that was appended before may still be under way.

Past its deadline a row says nothing: whoever wants the value makes sure that the owner's own row doesn't have it, and
then takes the claim over. What time it is, the database alone says: gateways' clocks may differ.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from events.delivery import LANDED_SECONDS
from events.settings import Settings
from projections.private.keyspace import private_keyspace
from projections.store.cassandra import CassandraStore

PENDING_SECONDS = 2 * LANDED_SECONDS  # an append begins in the first half
FINAL = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a value, and until when: FINAL once it is theirs by an event that is in the log.

    `event_id` made the row what it is: it claimed the value, or gave it up. `lapsed`: whether the deadline had passed,
    by the database's clock, when the row was read."""

    owner: UUID
    event_id: UUID
    until: datetime
    lapsed: bool = False

    @property
    def final(self) -> bool:
        """Whether the value is its owner's by an event that is in the log."""
        return self.until == FINAL


class Claimed(Exception):
    """Somebody else's claim is in the way: `holder`, None if it came while this one was made."""

    def __init__(self, value: str, holder: Holder | None):
        super().__init__(value)
        self.holder = holder


class Claims:
    """Who has which unique value. Every method raises StoreUnavailable."""

    def __init__(self, store: CassandraStore, settings: Settings, pending: int = PENDING_SECONDS):
        """`pending`: how many seconds a claim is pending for."""
        self._store, self._table = store, f"{private_keyspace(settings)}.claims"
        self._deadline = f"toTimestamp(now()) + {pending}s"

    async def claim(
        self, *, kind: str, value: str, owner: UUID, event_id: UUID, instead_of: Holder | None = None
    ) -> None:
        """Claims a value for an event, from now until the deadline; changes nothing if its owner has it for good.

        `instead_of`: a claim that has lapsed, whose owner is known not to have the value.

        Raises Claimed if somebody else's claim is there, lapsed or not."""
        columns = "(kind, value, owner, event_id, deadline)"
        cql = f"INSERT INTO {self._table} {columns} VALUES (?, ?, ?, ?, {self._deadline}) IF NOT EXISTS"
        if (await self._store.execute(cql, (kind, value, owner, event_id)))[0][0]:
            return
        holder = await self.holder(kind=kind, value=value)
        if holder is None:
            raise Claimed(value, None)
        if holder.owner != owner and holder != instead_of:
            raise Claimed(value, holder)
        if not holder.final and not await self._replace(kind, value, holder, owner, event_id):
            raise Claimed(value, None)

    async def settle(self, *, kind: str, value: str, event_id: UUID) -> None:
        """Makes a value its owner's for good: the event that claimed it is in the log. Nothing if another one did."""
        cql = f"UPDATE {self._table} SET deadline = ? WHERE kind = ? AND value = ? IF event_id = ?"
        await self._store.execute(cql, (FINAL, kind, value, event_id))

    async def release(self, *, kind: str, value: str, owner: UUID, event_id: UUID) -> None:
        """Gives a value up that its owner no longer has, since this event: it is others' after the deadline.

        Changes nothing if somebody else has it."""
        cql = f"UPDATE {self._table} SET event_id = ?, deadline = {self._deadline} WHERE kind = ? AND value = ?"
        await self._store.execute(f"{cql} IF owner = ?", (event_id, kind, value, owner))

    async def release_final(self, holder: Holder, *, kind: str, value: str) -> None:
        """Gives a value up for an owner who is known not to have it. Changes nothing if the claim is another by now."""
        await self._replace(kind, value, holder, holder.owner, holder.event_id)

    async def _replace(self, kind: str, value: str, holder: Holder, owner: UUID, event_id: UUID) -> bool:
        """Puts a pending claim in the place of one that was read; whether that was still there."""
        cql = (
            f"UPDATE {self._table} SET owner = ?, event_id = ?, deadline = {self._deadline}"
            " WHERE kind = ? AND value = ? IF owner = ? AND event_id = ? AND deadline = ?"
        )
        read = (holder.owner, holder.event_id, holder.until)
        return (await self._store.execute(cql, (owner, event_id, kind, value, *read)))[0][0]

    async def holder(self, *, kind: str, value: str) -> Holder | None:
        """Returns who has a value, or is to have it; None if nobody ever had it."""
        cql = f"SELECT owner, event_id, deadline, toTimestamp(now()) FROM {self._table} WHERE kind = ? AND value = ?"
        rows = await self._store.execute(cql, (kind, value))
        if not rows:
            return None
        owner, event_id, deadline, now = rows[0]
        return Holder(owner=owner, event_id=event_id, until=deadline.replace(tzinfo=UTC), lapsed=deadline <= now)
