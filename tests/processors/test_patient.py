"""What a handler uses retries each call while its lease is held, and for errors alone that time can mend."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.generated import Event
from events.ids import NIL
from events.positions import Position
from processors.handlers.patient import PatientObjects, PatientPublisher, PatientStore
from processors.object_store import ObjectChanged, ObjectsUnavailable
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import NotPublished
from projections.accounts.users import USERS
from projections.photos.roll_feed import ROLL_FEED_BUCKETS
from projections.store.memory import MemoryStore
from projections.store.protocol import Store, StoreUnavailable, Unstorable
from projections.store.table import Stamped, Table
from tests.processors.world import taken
from tests.store.tables import FEED

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 6, 19, 12, tzinfo=UTC)


class Failing:
    """Raises an error so many times, and then no more."""

    def __init__(self, error: Exception, times: int) -> None:
        self._error, self._left = error, times

    def check(self) -> None:
        """Raises the error, if it is to be raised once more."""
        if self._left:
            self._left -= 1
            raise self._error


class FailingStore(MemoryStore):
    """A store that fails at first."""

    def __init__(self, failing: Failing) -> None:
        super().__init__()
        self._failing = failing

    async def write(self, rows: Sequence[Stamped]) -> None:
        self._failing.check()
        await super().write(rows)

    async def get(self, table: Table, *key: Any) -> Any:
        self._failing.check()
        return await super().get(table, *key)

    async def slice(self, table: Table, *partition: Any, **bounds: Any) -> list[Any]:
        self._failing.check()
        return await super().slice(table, *partition, **bounds)

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        self._failing.check()
        return await super().pick(table, partition, firsts)


class FailingLog:
    """A publisher, and a bucket, that fail at first; what arrived is kept."""

    def __init__(self, failing: Failing) -> None:
        self._failing, self.kept = failing, list[object]()

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        self._failing.check()
        self.kept += events
        return []

    async def read(self, key: str, etag: str, most: int) -> bytes:
        self._failing.check()
        return key.encode()

    async def write(self, key: str, data: bytes) -> None:
        self._failing.check()
        self.kept.append((key, data))

    async def remove(self, key: str) -> None:
        self._failing.check()
        self.kept.append(key)

    async def remove_all(self, prefix: str) -> None:
        self._failing.check()
        self.kept.append(f"{prefix}*")


def row(user: UUID) -> Stamped:
    return Stamped(USERS.upsert(user_id=user, display_name="Ada"), 1)


async def test_a_database_that_is_away_for_a_moment_is_waited_for() -> None:
    user, failing = uuid4(), Failing(StoreUnavailable(), 2)
    store = PatientStore(FailingStore(failing), Lease.of())
    await store.write([row(user)])
    found = await store.get(USERS, user)
    assert found.display_name == "Ada"


READS: dict[str, Callable[[Store], Awaitable[Any]]] = {
    "get": lambda store: store.get(FEED, NIL, "a", NOON, NIL),
    "slice": lambda store: store.slice(FEED, NIL, "a"),
    "pick": lambda store: store.pick(FEED, (NIL, "a"), {NOON}),
    "get_many": lambda store: store.get_many(FEED, [(NIL, "a", NOON, NIL)]),
    "slice_many": lambda store: store.slice_many(FEED, [(NIL, "a")]),
    "merge_slices": lambda store: store.merge_slices(FEED, [(NIL, "a")]),
    "pick_many": lambda store: store.pick_many(FEED, [(NIL, "a")], {NOON}),
}


@pytest.mark.parametrize("read", READS)
async def test_every_read_is_tried_again(read: str) -> None:
    failing = Failing(StoreUnavailable(), 2)
    store = FailingStore(failing)
    with pytest.raises(StoreUnavailable):
        await READS[read](store)
    await READS[read](PatientStore(store, Lease.of()))
    failing.check()  # it has failed as often as it was to


async def test_what_time_cant_mend_is_raised_at_once() -> None:
    store = PatientStore(FailingStore(Failing(Unstorable("too large"), 1)), Lease.of())
    with pytest.raises(Unstorable):
        await store.write([row(uuid4())])
    bucket = PatientObjects(FailingLog(Failing(ObjectChanged(), 1)), Lease.of())
    with pytest.raises(ObjectChanged):
        await bucket.read("key", "etag", 1)


async def test_nothing_is_tried_once_the_lease_is_lost() -> None:
    lost = Lease.of(lambda: False)
    log = FailingLog(Failing(NotPublished(), 0))
    with pytest.raises(LeaseLost):
        await PatientPublisher(log, lost).publish(taken(1))
    with pytest.raises(LeaseLost):
        await PatientObjects(log, lost).remove("key")
    with pytest.raises(LeaseLost):
        await PatientStore(MemoryStore(), lost).get(USERS, uuid4())
    assert log.kept == []


async def test_a_publisher_and_a_bucket_that_are_away_for_a_moment_are_waited_for() -> None:
    log = FailingLog(Failing(NotPublished(), 2))
    await PatientPublisher(log, Lease.of()).publish(taken(1), taken(2))
    assert log.kept == [taken(1), taken(2)]
    bucket = FailingLog(Failing(ObjectsUnavailable(), 2))
    await PatientObjects(bucket, Lease.of()).write("key", b"data")
    assert bucket.kept == [("key", b"data")]
    bucket = FailingLog(Failing(ObjectsUnavailable(), 2))
    await PatientObjects(bucket, Lease.of()).remove_all("photos/1/")
    assert bucket.kept == ["photos/1/*"]


async def test_a_slice_without_a_limit_has_a_thousand_rows() -> None:
    store, roll = MemoryStore(), uuid4()
    days = [f"{year}-01-01" for year in range(1000, 2001)]
    await store.write([Stamped(ROLL_FEED_BUCKETS.upsert(roll_id=roll, bucket=day), 1) for day in days])
    patient = PatientStore(store, Lease.of())
    assert len(await patient.slice(ROLL_FEED_BUCKETS, roll)) == 1000
    assert len(await patient.slice(ROLL_FEED_BUCKETS, roll, limit=1001)) == 1001
