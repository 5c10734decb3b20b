"""The database's clock."""

from datetime import UTC, datetime

from projections.store.cassandra import CassandraStore

CLOCK = "SELECT toTimestamp(now()) FROM system.local"


async def database_time(store: CassandraStore) -> datetime:
    """The time in UTC, to the millisecond, by the node that answers. Raises StoreUnavailable."""
    [[at]] = await store.execute(CLOCK)
    return at.replace(tzinfo=UTC)
