"""develop appends PhotoDeveloped when a photo's time has come and it is filtered.

The owner of a partition of `photos` looks, once a second, through the minutes of `develop_due` from its *low water* on:
the earliest minute that may still hold a photo to develop. A minute is passed once all in it is done; one that isn't
(not filtered yet, or its PhotoDeveloped not projected yet) is looked at again, so no wake-up can be lost. A photo that
is projected late, into a minute already passed, can't be missed either: this reactor sees its PhotoTaken too, takes the
low water back to its minute, and doesn't let it rise past until `develop_due` has folded that event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from events.generated import PhotoDeveloped, PhotoTaken
from events.ids import derived_id
from processors.handlers.batch import Batch, Partition
from processors.handlers.patient import PatientPublisher, PatientStore
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.transport.lease import Lease
from producers.publisher import Publishes
from projections.photos.develop_due import DuePhoto, due_minutes, due_photos, minute_of
from projections.progress import kept_offsets
from projections.projection import GENERATION
from projections.store.protocol import Store
from projections.store.table import Stamped, Table

IN_BULK = 2000
LOOK_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class LowWater:
    """A partition's low water, a minute (UTC, `2026-06-20T07:00`); each change of it has the next version.

    It may be lost: then every minute is looked through once."""

    shard: int
    minute: str | None = None
    version: int | None = None


LOW_WATER = Table("develop_low_water", LowWater, partition=1)


async def low_water(store: Store, shard: int) -> tuple[str, int]:
    """The low water and its version; empty (before all minutes) and 0 where none was kept."""
    row: LowWater | None = await store.get(LOW_WATER, shard)
    return ("", 0) if row is None else (row.minute or "", row.version or 0)


async def keep_low_water(store: Store, shard: int, minute: str, version: int) -> None:
    """Keeps the low water. It may fall as well as rise, so its version is its stamp."""
    await store.write([Stamped(LOW_WATER.upsert(shard=shard, minute=minute, version=version), version)])


@dataclass
class PartitionState:
    """What is known of a partition since it was assigned."""

    low_water: str
    version: int  # how often the low water changed
    unprojected: dict[int, str] = field(default_factory=dict[int, str])  # offset of a PhotoTaken -> its minute
    published: set[UUID] = field(default_factory=set[UUID])  # photos with a PhotoDeveloped that isn't projected yet
    finished: set[str] = field(default_factory=set[str])  # minutes from the low water on in which all is done


class Develop(Reactor):
    """Develops photos when they are due."""

    name = "develop"
    topics = ("photos",)
    wants = (PhotoTaken,)
    appends = (PhotoDeveloped,)
    tables = (LOW_WATER,)

    def __init__(self, tools: Tools):
        self._store, self._publisher, self._now = tools.store, tools.publisher, tools.now
        self._states: dict[int, PartitionState] = {}

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Takes the low water back to what a batch's photos need, before their offset counts as processed.

        Raises LeaseLost when the lease is lost."""
        store = PatientStore(self._store, lease)
        state = await self._state_of(batch.partition, store)
        for read in reads:
            assert isinstance(read.event, PhotoTaken)
            minute = minute_of(read.event.develops_at)
            state.unprojected[read.offset] = minute
            state.finished.discard(minute)
        lowest = min(state.unprojected.values(), default=state.low_water)
        if lowest < state.low_water:
            await move_low_water(store, batch.partition, state, lowest)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Develops what is due in one partition, and raises its low water as far as all is done.

        Raises LeaseLost when the lease is lost."""
        store, publisher = PatientStore(self._store, lease), PatientPublisher(self._publisher, lease)
        shard, now = partition.partition, self._now()
        state = await self._state_of(shard, store)
        await drop_projected(store, shard, state)
        late = set(state.unprojected.values())
        until = minute_of(now)
        reached = min([until, *late])
        published: set[UUID] = set()
        for minute in await due_minutes(store, shard, since=state.low_water, until=until):
            if minute in state.finished:
                continue
            photos = [photo for photo in await due_photos(store, shard, minute) if not photo.done]
            published |= {photo.photo_id for photo in photos} & state.published
            published |= await publish_developed(
                publisher, [photo for photo in photos if is_due(photo, now) and photo.photo_id not in published]
            )
            if photos:
                reached = min(reached, minute)
            elif minute not in late:
                state.finished.add(minute)
        state.published = published
        if reached > state.low_water:
            await move_low_water(store, shard, state, reached)
            state.finished = {minute for minute in state.finished if minute >= reached}

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions just assigned: another worker may have moved their low water."""
        for partition in partitions:
            self._states.pop(partition.partition, None)

    async def _state_of(self, shard: int, store: Store) -> PartitionState:
        """What is known of a partition. A worker that has just taken it over begins two days before its low water: the
        last write of that may have come from one that was stalled."""
        if shard not in self._states:
            minute, version = await low_water(store, shard)
            self._states[shard] = PartitionState(days_before(minute), version)
        return self._states[shard]


async def move_low_water(store: Store, shard: int, state: PartitionState, minute: str) -> None:
    """Moves a partition's low water, and then says so in its state."""
    await keep_low_water(store, shard, minute, state.version + 1)
    state.low_water, state.version = minute, state.version + 1


async def drop_projected(store: Store, shard: int, state: PartitionState) -> None:
    """Drops the PhotoTaken that `develop_due` has folded by now."""
    if state.unprojected:
        folded = (await kept_offsets(store, "photos", shard)).get(("develop_due", GENERATION), 0)
        state.unprojected = {offset: minute for offset, minute in state.unprojected.items() if offset >= folded}


async def publish_developed(publisher: Publishes, photos: Sequence[DuePhoto]) -> set[UUID]:
    """Appends that photos developed; their ids."""
    for i in range(0, len(photos), IN_BULK):
        await publisher.publish_all([photo_developed(photo) for photo in photos[i : i + IN_BULK]])
    return {photo.photo_id for photo in photos}


def is_due(photo: DuePhoto, now: datetime) -> bool:
    """Whether a photo can develop now."""
    return photo.filtered and photo.develops_at is not None and photo.develops_at <= now


def days_before(minute: str) -> str:
    """The minute two days before another; the empty one (before all minutes) has none before it."""
    return minute_of(datetime.fromisoformat(minute).replace(tzinfo=UTC) - LOOK_BACK) if minute else ""


def photo_developed(photo: DuePhoto) -> PhotoDeveloped:
    """The fact that a photo developed; made twice, it is the same."""
    assert photo.owner_id is not None
    assert photo.taken_at is not None
    assert photo.develops_at is not None
    return PhotoDeveloped(
        event_id=derived_id(photo.photo_id, "PhotoDeveloped"),
        occurred_at=photo.develops_at,
        actor_id=photo.owner_id,
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        taken_at=photo.taken_at,
        develops_at=photo.develops_at,
        on_profile=photo.on_profile,
        card=photo.card,
    )
