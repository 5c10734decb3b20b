"""develop appends PhotoDeveloped when a photo's time has come and it is filtered.

The owner of a partition of `photos` looks, once a second, at what `develop_due` has behind its *low water*: each photo
once, when it is due, so that a look costs what has come due since, whatever was due before. A photo that isn't ready
then, because it isn't filtered or not projected yet, is told by its own events: this reactor sees PhotoTaken and
PhotoFiltered too, waits until `develop_due` has folded them, and develops at once those that its looks have passed.
One that they haven't passed is folded by then, so that they find it. No photo is missed, and none is looked for twice.
"""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing

from events.generated import PhotoDeveloped, PhotoFiltered, PhotoTaken
from events.ids import derived_id
from processors.handlers.batch import Batch, Partition
from processors.handlers.patient import PatientPublisher, PatientStore
from processors.handlers.reactor import Reactor
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.low_water import LowWaters, low_water_table
from processors.transport.lease import Lease
from projections.photos.develop_due import DuePhoto, any_due, bucket_of, due_photos, photos_due_at
from projections.progress import kept_offsets
from projections.projection import GENERATION

IN_BULK = 2000  # photos that are read and appended at a time
BITE = 10_000  # photos a partition and look, some seconds' work: a batch waits no longer for it
AT_ONCE = 8  # partitions whose photos a process has in hand; the others wait for their turn
POLL = 0.2  # seconds between two looks while a batch waits for `develop_due`
LOW_WATER = low_water_table("develop")


class Develop(Reactor):
    """Develops photos when they are due."""

    name = "develop"
    topics = ("photos",)
    wants = (PhotoTaken, PhotoFiltered)
    appends = (PhotoDeveloped,)
    tables = (LOW_WATER,)

    def __init__(self, tools: Tools):
        self._tools = tools
        self._low_waters = LowWaters(LOW_WATER)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Develops those of a batch's photos that the looks have passed. Raises LeaseLost when the lease is lost."""
        if not reads:
            return
        store, shard, end = PatientStore(self._tools.store, lease), batch.partition, reads[-1].offset + 1
        while (await kept_offsets(store, "photos", shard)).get(("develop_due", GENERATION), 0) < end:
            await self.tick(batch.topic_partition, lease)  # what is due doesn't wait for what is new
            await lease.pause(POLL)
        mark = await self._low_waters.mark(store, shard)
        events = [read.event for read in reads if isinstance(read.event, PhotoTaken | PhotoFiltered)]
        passed = [event for event in events if bucket_of(event.develops_at, event.photo_id) <= mark.bucket]
        if passed:
            async with self._turns:
                photos = await photos_due_at(store, shard, ((event.develops_at, event.photo_id) for event in passed))
                await self._append(photos, lease)
        await self._low_waters.keep(store, shard, offset=end)

    async def tick(self, partition: Partition, lease: Lease) -> None:
        """Develops what has come due in one partition since the last look. Raises LeaseLost when the lease is lost."""
        store, shard = PatientStore(self._tools.store, lease), partition.partition
        mark = await self._low_waters.mark(store, shard)
        if not await any_due(store, shard, after=mark, upto=self._tools.now()):
            return
        async with self._turns:
            looked, upto = 0, await self._tools.agreed_time(lease)
            async with aclosing(due_photos(store, shard, after=mark, upto=upto, size=IN_BULK)) as due:
                async for photos, passed in due:
                    await self._append(photos, lease)
                    await self._low_waters.keep(store, shard, mark=passed)
                    looked += len(photos)
                    if looked >= BITE:
                        return

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Drops what is known of partitions just assigned: another worker may have gone on with them."""
        self._low_waters.forget(partition.partition for partition in partitions)

    async def _append(self, photos: Iterable[DuePhoto], lease: Lease) -> None:
        """Appends that those of some photos developed which are ready."""
        if ready := [photo_developed(photo) for photo in photos if photo.ready]:
            await PatientPublisher(self._tools.publisher, lease).publish_all(ready)


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
