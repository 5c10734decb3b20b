"""cleanup removes an ended photo's objects from the bucket: at once, and once more after a grace.

At once go all that was made of the photo, whichever filter made it, and, if its owner deleted it or it was taken down,
the upload. The upload of a photo that was rejected is kept for the grace, in case that the rejection was our mistake.
After the grace everything goes again: meanwhile a worker of the filter that had stalled may have written some of it.

What is due later is in the read model `removals_due`, by the hour in which the photos ended. The owner of a partition
of `photos` goes through these hours in order; its *low water* says how far. An end may be projected into an hour that
it has passed: this reactor sees each end too, waits until it is projected, and then removes everything at once.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from events.generated import PhotoDeleted, PhotoRejected, PhotoTakenDown
from events.image_keys import prefix_of
from processors.handlers.batch import Batch, Partition
from processors.handlers.patient import PatientObjects, PatientStore
from processors.handlers.reactor import Reactor, wait_until_projected
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.low_water import LowWaters, low_water_table
from processors.transport.lease import Lease, LeaseLost
from projections.photos.photo import photo_of
from projections.photos.removals_due import ended_photos, hour_of

End = PhotoDeleted | PhotoTakenDown | PhotoRejected
AT_ONCE = 8  # photos whose objects are removed side by side
ROUND = 100  # photos a partition and tick, some seconds' work: a batch waits no longer for it
LEAST_GRACE = timedelta(hours=1)  # beyond it no write of a stalled worker lands any more
HOUR = timedelta(hours=1)
LOW_WATER = low_water_table("cleanup")


class Cleanup(Reactor):
    """Removes the objects of photos that were deleted, taken down or rejected."""

    name = "cleanup"
    topics = ("photos",)
    wants = (PhotoDeleted, PhotoTakenDown, PhotoRejected)
    tables = (LOW_WATER,)
    max_records = 500

    def __init__(self, tools: Tools):
        self._tools = tools
        self._grace = max(timedelta(seconds=tools.settings.original_grace), LEAST_GRACE)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._low_waters = LowWaters(LOW_WATER)
        self._clear: dict[int, str] = {}  # by partition, the hour up to which nothing was left when it was looked

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Removes what goes at once. Raises LeaseLost when the lease is lost."""
        ends = [read.event for read in reads if isinstance(read.event, End)]
        if not ends:
            return
        store, shard = PatientStore(self._tools.store, lease), batch.partition
        here = [(batch.topic, shard, batch.next_offset)]
        await wait_until_projected(store, ["photo", "removals_due"], here, lease)
        passed = (await self._low_waters.mark(store, shard)).bucket
        await self._remove([(end.photo_id, wholly(end, passed)) for end in ends], lease)
        await self._low_waters.keep(store, shard, offset=reads[-1].offset + 1)
        self._clear.pop(shard, None)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Removes some of what is due after the grace. Raises LeaseLost when the lease is lost."""
        store, shard = PatientStore(self._tools.store, lease), partition.partition
        clear = self._clear.get(shard, "")
        if self._over(self._tools.now()) <= clear:
            return
        upto = self._over(await self._tools.agreed_time(lease))
        mark = await self._low_waters.mark(store, shard)
        async for photos, passed in ended_photos(store, shard, after=mark, upto=upto, size=ROUND):
            await self._remove([(photo.photo_id, True) for photo in photos], lease)
            await self._low_waters.keep(store, shard, mark=passed)
            return
        self._clear[shard] = upto

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions just assigned: another worker may have gone on with them."""
        self._low_waters.forget(partition.partition for partition in partitions)
        for partition in partitions:
            self._clear.pop(partition.partition, None)

    def _over(self, now: datetime) -> str:
        """The last hour that is over for as long as the grace."""
        return hour_of(now - self._grace - HOUR)

    async def _remove(self, photos: Sequence[tuple[UUID, bool]], lease: Lease) -> None:
        """Removes photos' objects, some side by side; of each is said whether its upload goes too. Raises LeaseLost."""
        try:
            async with asyncio.TaskGroup() as group:
                for photo_id, upload_too in photos:
                    group.create_task(self._remove_one(photo_id, upload_too, lease))
        except* LeaseLost:
            lease.check()

    async def _remove_one(self, photo_id: UUID, upload_too: bool, lease: Lease) -> None:
        objects = PatientObjects(self._tools.objects, lease)
        async with self._free:
            lease.check()
            await objects.remove_all(prefix_of(photo_id))
            photo = await photo_of(PatientStore(self._tools.store, lease), photo_id) if upload_too else None
            if photo is not None and photo.object_key:
                await objects.remove(photo.object_key)


def wholly(end: End, passed: str) -> bool:
    """Whether an ended photo's upload goes at once too, where the hours up to `passed` are done."""
    return not isinstance(end, PhotoRejected) or hour_of(end.occurred_at) <= passed
