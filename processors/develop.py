"""develop: when a photo's time has come and it is filtered, it develops.

Who owns a partition of `photos` looks, once a second, through the minutes of `develop_due` from its *low water* on: the
earliest minute that may still hold a photo to develop. A minute is passed once all in it is done; one that isn't
(not filtered yet, or its PhotoDeveloped not folded yet) is looked at again, so no wake-up can be lost. A photo
that is projected late, into a minute already passed, can't be missed either: this processor sees its PhotoTaken too,
takes the low water back to its minute, and doesn't let it rise past until `develop_due` has folded that event.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from faust.types import TP

from events.generated import PhotoDeveloped, PhotoTaken
from events.ids import derived_id
from processors.handlers.patient import transient
from processors.handlers.reader import Read
from processors.transport.consumer import Batch
from processors.transport.lease import Lease
from producers.publisher import Publishes
from projections.photos.develop_due import DuePhoto, due_minutes, due_photos, minute_of
from projections.photos.low_water import keep_low_water, low_water
from projections.progress import progress_of
from projections.store.protocol import Store

TOPIC = "photos"
WANTED = (PhotoTaken,)
IN_BULK = 2000
LOOK_BACK = timedelta(days=2)


class Developer:
    """Develops photos when they are due. `now` is the clock (UTC)."""

    def __init__(
        self,
        store: Store,
        publisher: Publishes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._store, self._publisher, self._now = store, publisher, now
        self._low: dict[int, str] = {}  # partition -> minute
        self._version: dict[int, int] = {}  # partition -> how often its low water changed
        self._late: dict[int, dict[int, str]] = {}  # partition -> offset of a PhotoTaken not yet folded -> its minute
        self._sent: dict[int, set[object]] = {}  # partition -> photos whose PhotoDeveloped was appended by us
        self._finished: dict[int, set[str]] = {}  # partition -> minutes at or past the low water in which all is done

    async def act(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Takes the low water back to what a batch's photos need, before their offset counts as processed.

        LeaseLost."""
        low = await self._low_water(batch.partition, lease)
        late = self._late.setdefault(batch.partition, {})
        finished = self._finished.setdefault(batch.partition, set())
        for read in reads:
            assert isinstance(read.event, PhotoTaken)
            late[read.offset] = minute_of(read.event.develops_at)
            finished.discard(late[read.offset])
        lowest = min(late.values(), default=low)
        if lowest < low:
            await self._set_low_water(batch.partition, lowest, lease)

    async def tick(self, tp: TP, lease: Lease) -> None:
        """Develops what is due in one partition, and raises its low water as far as all is done. LeaseLost."""
        now = self._now()
        low = await self._low_water(tp.partition, lease)
        await self._forget_folded(tp.partition, lease)
        late = set(self._late.setdefault(tp.partition, {}).values())
        finished = self._finished.setdefault(tp.partition, set())
        until = minute_of(now)
        reached = min([until, *late])
        sent: set[object] = set()
        minutes = await lease.retry(lambda: due_minutes(self._store, tp.partition, low, until), transient=transient)
        for minute in minutes:
            if minute in finished:
                continue
            if await self._develop_minute(tp.partition, minute, now, sent, lease):
                reached = min(reached, minute)
            elif minute not in late:
                finished.add(minute)
        self._sent[tp.partition] = sent
        if reached > low:
            await self._set_low_water(tp.partition, reached, lease)
            self._finished[tp.partition] = {minute for minute in finished if minute >= reached}

    async def _develop_minute(
        self, partition: int, minute: str, now: datetime, sent: set[object], lease: Lease
    ) -> bool:
        """Develops a minute's photos; whether something in it isn't done yet."""
        known = self._sent.get(partition, set())
        open_still = False
        due: list[DuePhoto] = []
        for row in await lease.retry(lambda: due_photos(self._store, partition, minute), transient=transient):
            if row.done:
                continue
            open_still = True
            if row.photo_id in known:
                sent.add(row.photo_id)
            elif row.filtered and row.develops_at is not None and row.develops_at <= now:
                due.append(row)
        for i in range(0, len(due), IN_BULK):
            part = [developed(row) for row in due[i : i + IN_BULK]]
            await lease.retry(lambda p=part: self._publisher.publish_all(p), transient=transient)
            sent.update(event.photo_id for event in part)
        return open_still

    async def _forget_folded(self, partition: int, lease: Lease) -> None:
        late = self._late.get(partition)
        if not late:
            return
        known = await lease.retry(lambda: progress_of(self._store, TOPIC, partition), transient=transient)
        folded = known.get(("develop_due", 1), 0)
        self._late[partition] = {offset: minute for offset, minute in late.items() if offset >= folded}

    async def _low_water(self, partition: int, lease: Lease) -> str:
        """The low water; empty (before all minutes) where none was kept. A worker that has just taken a partition over
        begins two days further back: the last write of it may have come from one that was stalled."""
        if partition not in self._low:
            kept, version = await lease.retry(lambda: low_water(self._store, partition), transient=transient)
            self._low[partition], self._version[partition] = days_before(kept), version
        return self._low[partition]

    async def _set_low_water(self, partition: int, minute: str, lease: Lease) -> None:
        version = self._version[partition] + 1
        await lease.retry(lambda: keep_low_water(self._store, partition, minute, version), transient=transient)
        self._low[partition], self._version[partition] = minute, version

    def forget(self, partition: int) -> None:
        """Drops what is known of a partition just assigned: another worker may have moved its low water."""
        self._low.pop(partition, None)
        self._late.pop(partition, None)
        self._sent.pop(partition, None)
        self._finished.pop(partition, None)


def days_before(minute: str) -> str:
    """The minute two days before another; the empty one (before all minutes) has none before it."""
    return minute_of(datetime.fromisoformat(minute).replace(tzinfo=UTC) - LOOK_BACK) if minute else ""


def developed(row: DuePhoto) -> PhotoDeveloped:
    """The fact that a photo developed; made twice, it is the same."""
    assert row.owner_id is not None
    assert row.taken_at is not None
    assert row.develops_at is not None
    return PhotoDeveloped(
        event_id=derived_id(row.photo_id, "PhotoDeveloped"),
        occurred_at=row.develops_at,
        actor_id=row.owner_id,
        photo_id=row.photo_id,
        owner_id=row.owner_id,
        taken_at=row.taken_at,
        develops_at=row.develops_at,
    )
