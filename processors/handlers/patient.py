"""The store, the publisher and the objects as a handler uses them: each call is retried while the lease is held.

Only errors that time can mend are retried; every other leaves at once. Each call raises LeaseLost when its lease is
lost.
"""

from collections.abc import Collection, Sequence
from typing import Any

from events.generated import Event
from events.personal import KeysUnavailable
from events.positions import Position
from events.registry import RegistryUnavailable
from events.topics import Partitioning
from processors.object_store import ObjectStore, ObjectsUnavailable
from processors.transport.lease import Lease
from producers.publisher import NotPublished, Publishes
from projections.store.protocol import Store, StoreUnavailable
from projections.store.survival import Starts
from projections.store.table import Stamped, Table

TRANSIENT = (StoreUnavailable, KeysUnavailable, RegistryUnavailable, NotPublished)


def transient(error: Exception) -> bool:
    """Whether trying again may help: the database, the registry or Kafka doesn't answer, or not yet."""
    return isinstance(error, TRANSIENT)


def unanswered(error: Exception) -> bool:
    """Whether the object store just didn't answer."""
    return isinstance(error, ObjectsUnavailable)


class PatientStore:
    """A Store that retries each call while the lease is held.

    Not for a write that depends on an earlier read: where the database may break between the two, both are to be done
    again, in one `lease.retry`."""

    def __init__(self, store: Store, lease: Lease):
        self._store, self._lease = store, lease

    @property
    def partitioning(self) -> Partitioning:
        """See Store."""
        return self._store.partitioning

    @property
    def outages(self) -> int:
        """See Store."""
        return self._store.outages

    async def nodes(self) -> Starts:
        """See Store."""
        return await self._lease.retry(self._store.nodes, transient=transient)

    async def write(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self._lease.retry(lambda: self._store.write(rows), transient=transient)

    async def write_together(self, rows: Sequence[Stamped]) -> None:
        """See Store."""
        await self._lease.retry(lambda: self._store.write_together(rows), transient=transient)

    async def get(self, table: Table, *key: Any) -> Any:
        """See Store."""
        return await self._lease.retry(lambda: self._store.get(table, *key), transient=transient)

    async def slice(
        self,
        table: Table,
        *partition: Any,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        return await self._lease.retry(
            lambda: self._store.slice(table, *partition, after=after, upto=upto, limit=limit), transient=transient
        )

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        return await self._lease.retry(lambda: self._store.pick(table, partition, firsts), transient=transient)

    async def get_many(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See Store."""
        return await self._lease.retry(lambda: self._store.get_many(table, keys), transient=transient)

    async def slice_many(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[list[Any]]:
        """See Store."""
        return await self._lease.retry(
            lambda: self._store.slice_many(table, partitions, after=after, upto=upto, limit=limit), transient=transient
        )

    async def merge_slices(
        self,
        table: Table,
        partitions: Sequence[tuple[Any, ...]],
        *,
        after: tuple[Any, ...] = (),
        upto: tuple[Any, ...] = (),
        limit: int = 1000,
    ) -> list[Any]:
        """See Store."""
        return await self._lease.retry(
            lambda: self._store.merge_slices(table, partitions, after=after, upto=upto, limit=limit),
            transient=transient,
        )

    async def pick_many(
        self, table: Table, partitions: Sequence[tuple[Any, ...]], firsts: Collection[Any]
    ) -> list[Any]:
        """See Store."""
        return await self._lease.retry(lambda: self._store.pick_many(table, partitions, firsts), transient=transient)


class PatientPublisher:
    """A publisher that retries each call while the lease is held: an event may be appended twice, under one id."""

    def __init__(self, publisher: Publishes, lease: Lease):
        self._publisher, self._lease = publisher, lease

    async def publish(self, *events: Event, traceparent: str = "") -> list[Position]:
        """Appends events in order, and returns when all are acknowledged."""
        return await self.publish_all(events, traceparent)

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """See Publishes."""
        return await self._lease.retry(lambda: self._publisher.publish_all(events, traceparent), transient=transient)


class PatientObjects:
    """An ObjectStore that retries each call while the lease is held."""

    def __init__(self, objects: ObjectStore, lease: Lease):
        self._objects, self._lease = objects, lease

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """See ObjectStore."""
        return await self._lease.retry(lambda: self._objects.read(key, etag, most), transient=unanswered)

    async def write(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
        await self._lease.retry(lambda: self._objects.write(key, data), transient=unanswered)

    async def remove(self, key: str) -> None:
        """See ObjectStore."""
        await self._lease.retry(lambda: self._objects.remove(key), transient=unanswered)

    async def remove_all(self, prefix: str) -> None:
        """See ObjectStore."""
        await self._lease.retry(lambda: self._objects.remove_all(prefix), transient=unanswered)
