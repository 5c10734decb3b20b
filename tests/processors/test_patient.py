"""What a handler uses retries each call while its lease is held, and for errors alone that time can mend."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.generated import Event
from events.positions import Position
from processors.handlers.patient import PatientObjects, PatientPublisher, PatientStore
from processors.object_store import ObjectChanged, ObjectsUnavailable
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import NotPublished
from projections.accounts.users import USERS
from projections.photos.roll_feed import ROLL_FEED_BUCKETS
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable, Unstorable
from projections.store.table import Stamped, Table
from tests.processors.world import taken

pytestmark = pytest.mark.anyio


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
