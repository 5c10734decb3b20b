"""cleanup removes an ended photo's objects from the bucket: at once, and once more after a grace.

At once go all that was made of the photo, whichever filter made it, and, if its owner deleted it or it was taken down,
the upload. The upload of a photo that was rejected is kept for the grace, in case that the rejection was our mistake.
After the grace everything goes again: meanwhile a worker of the filter that had stalled may have written some of it.

What is due later is in the read model `removals_due`, by the hour in which the photos ended. The owner of a partition
of `photos` goes through these hours in order; its *low water* is the last that it is done with. An end may be projected
into an hour already passed: this reactor sees each end too, waits until it is projected, and takes the low water back.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from events.generated import PhotoDeleted, PhotoRejected, PhotoTakenDown
from events.image_keys import prefix_of
from processors.handlers.batch import Batch, Partition
from processors.handlers.patient import PatientObjects, PatientStore
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.transport.lease import Lease, LeaseLost
from projections.photos.photo import photo_of
from projections.photos.removals_due import ended_photos, hour_before, hour_of, next_hour
from projections.store.protocol import Store
from projections.store.table import Stamped, Table

End = PhotoDeleted | PhotoTakenDown | PhotoRejected
AT_ONCE = 8  # photos whose objects are removed side by side
ROUND = 100  # photos a partition and tick, some seconds' work: a batch waits no longer for it
LEAST_GRACE = timedelta(hours=1)  # beyond it no write of a stalled worker lands any more
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LowWater:
    """The hour up to which a partition's removals are done; each change of it has a higher version.

    It may be lost: then every hour is gone through once."""

    shard: int
    hour: str | None = None
    version: int | None = None


LOW_WATER = Table("cleanup_low_water", LowWater, partition=1)


@dataclass
class PartitionState:
    """What is known of a partition since it was assigned."""

    low_water: str  # empty: before all hours
    version: int
    looked: str = ""  # the hour up to which there was a look for what is due
    clear: bool = False  # whether nothing was found there
    last: UUID | None = None  # of the hour that was found, the photo up to which it is done


class Cleanup(Reactor):
    """Removes the objects of photos that were deleted, taken down or rejected."""

    name = "cleanup"
    topics = ("photos",)
    wants = (PhotoDeleted, PhotoTakenDown, PhotoRejected)
    tables = (LOW_WATER,)
    max_records = 500

    def __init__(self, tools: Tools):
        self._store, self._objects, self._now = tools.store, tools.objects, tools.now
        self._projected = tools.projected
        self._grace = max(timedelta(seconds=tools.settings.original_grace), LEAST_GRACE)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._states: dict[int, PartitionState] = {}

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Removes what goes at once. Raises LeaseLost when the lease is lost."""
        ends = [read.event for read in reads if isinstance(read.event, End)]
        if not ends:
            return
        here = [(batch.topic, batch.partition, batch.next_offset)]
        await self._projected.until(["photo", "removals_due"], here, lease)
        await self._look_again(batch.partition, min(hour_of(end.occurred_at) for end in ends), lease)
        await self._remove([(end.photo_id, not isinstance(end, PhotoRejected)) for end in ends], lease)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Removes some of what is due after the grace. Raises LeaseLost when the lease is lost."""
        upto = hour_of(self._now() - self._grace - HOUR)  # the last hour that is over for as long as the grace
        store, shard = PatientStore(self._store, lease), partition.partition
        state = await self._state_of(shard, store)
        if state.clear and upto <= state.looked:
            return
        hour = await next_hour(store, shard, after=state.low_water, upto=upto)
        state.looked, state.clear = upto, hour is None
        if hour is None:
            return
        photos = await ended_photos(store, shard, hour, after=state.last, limit=ROUND)
        await self._remove([(photo_id, True) for photo_id in photos], lease)
        if len(photos) == ROUND:
            state.last = photos[-1]
        else:
            await self._keep(shard, PartitionState(hour, state.version + 1), store)

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions just assigned: another worker may have moved their low water."""
        for partition in partitions:
            self._states.pop(partition.partition, None)

    async def _look_again(self, shard: int, hour: str, lease: Lease) -> None:
        """Sees to it that an hour in which photos ended is gone through, once more if it was. Raises LeaseLost."""
        store = PatientStore(self._store, lease)
        state = await self._state_of(shard, store)
        if hour <= state.low_water:
            await self._keep(shard, PartitionState(hour_before(hour), state.version + 1), store)
        elif hour <= state.looked:
            self._states[shard] = PartitionState(state.low_water, state.version)

    async def _remove(self, photos: Sequence[tuple[UUID, bool]], lease: Lease) -> None:
        """Removes photos' objects, some side by side; of each is said whether its upload goes too. Raises LeaseLost."""
        try:
            async with asyncio.TaskGroup() as group:
                for photo_id, upload_too in photos:
                    group.create_task(self._remove_one(photo_id, upload_too, lease))
        except* LeaseLost:
            lease.check()

    async def _remove_one(self, photo_id: UUID, upload_too: bool, lease: Lease) -> None:
        objects = PatientObjects(self._objects, lease)
        async with self._free:
            lease.check()
            await objects.remove_all(prefix_of(photo_id))
            photo = await photo_of(PatientStore(self._store, lease), photo_id) if upload_too else None
            if photo is not None and photo.object_key:
                await objects.remove(photo.object_key)

    async def _state_of(self, shard: int, store: Store) -> PartitionState:
        """What is known of a partition. Who has just taken it over writes its low water anew, two versions higher: what
        a stalled owner may still write is one version higher, and loses."""
        if shard not in self._states:
            row: LowWater | None = await store.get(LOW_WATER, shard)
            hour, version = ("", 0) if row is None else (row.hour or "", row.version or 0)
            await self._keep(shard, PartitionState(hour, version + 2), store)
        return self._states[shard]

    async def _keep(self, shard: int, state: PartitionState, store: Store) -> None:
        """Keeps a low water, and then goes by it. Its version is its stamp: it may fall as well as rise."""
        row = LOW_WATER.upsert(shard=shard, hour=state.low_water, version=state.version)
        await store.write([Stamped(row, state.version)])
        self._states[shard] = state
