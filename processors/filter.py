"""filter: an upload becomes a photo. Read as registered, developed in a process that can be killed, written in three
sizes; then PhotoFiltered, or PhotoRejected with a reason that its owner can read. What ended loses its objects."""

import asyncio
from zoneinfo import ZoneInfo

from events.generated import (
    Event,
    Image,
    PhotoDeleted,
    PhotoFiltered,
    PhotoRejected,
    PhotoTaken,
    PhotoTakenDown,
)
from events.ids import derived_id
from processors.film.limits import LIMITS
from processors.film.outcome import Filtered, Rejected
from processors.film.sandbox.pool import Pool
from processors.film.version import FILTER_VERSION
from processors.handlers.patient import transient
from processors.handlers.reactor import folded_to
from processors.handlers.reader import Read
from processors.objects import ObjectChanged, Objects, ObjectsUnavailable, variant_key
from processors.transport.consumer import Batch
from processors.transport.lease import Lease, LeaseLost
from producers.publisher import Publisher
from projections.photos.photo import PHOTO, Photo
from projections.store.protocol import Store

WANTED = (PhotoTaken, PhotoDeleted, PhotoTakenDown, PhotoRejected)
CHANGED = Rejected(
    "upload_changed", "The upload is gone, or isn't the photo that was registered. Please send it again."
)


class Filterer:
    """Filters photos, as many at a time as the pool has workers."""

    def __init__(self, store: Store, objects: Objects, pool: Pool, publisher: Publisher, workers: int):
        self._store, self._objects, self._pool, self._publisher = store, objects, pool, publisher
        self._room = asyncio.Semaphore(workers)
        self._opened = asyncio.Lock()
        self._open = False

    async def act(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Filters a batch's photos side by side; what ended in it is removed afterwards. LeaseLost."""
        taken = [read.event for read in reads if isinstance(read.event, PhotoTaken)]
        try:
            async with asyncio.TaskGroup() as group:
                for event in taken:
                    group.create_task(self._filter(event, lease))
        except* LeaseLost:
            lease.check()
        ends = [read.event for read in reads if isinstance(read.event, PhotoDeleted | PhotoTakenDown | PhotoRejected)]
        if ends:  # the read model tells under which keys a photo's objects are
            here = [(batch.topic, batch.partition, batch.next_offset)]
            await folded_to(self._store, ["photo"], here, lease)
        for end in ends:
            await self._remove(end, lease)

    async def _filter(self, taken: PhotoTaken, lease: Lease) -> None:
        async with self._room:
            lease.check()
            outcome = await self._outcome(taken, lease)
            if isinstance(outcome, Filtered):
                for name, variant in outcome.variants.items():
                    key = variant_key(taken.photo_id, outcome.version, name)
                    await lease.retry(lambda k=key, v=variant: self._objects.write(k, v.data), transient=unanswered)
            event = told(taken, outcome)
            await lease.retry(lambda: self._publisher.publish(event), transient=transient)

    async def _outcome(self, taken: PhotoTaken, lease: Lease) -> Filtered | Rejected:
        try:
            data = await lease.retry(
                lambda: self._objects.read(taken.object_key, taken.etag, LIMITS.upload_bytes), transient=unanswered
            )
        except ObjectChanged:
            return CHANGED
        taken_on = taken.taken_at.astimezone(ZoneInfo(taken.zone)).date()
        async with self._opened:  # its processes start with the first photo, inside the event loop
            if not self._open:
                await self._pool.__aenter__()
                self._open = True
        return await self._pool.filter(taken.photo_id, data, taken_on)

    async def _remove(self, end: PhotoDeleted | PhotoTakenDown | PhotoRejected, lease: Lease) -> None:
        photo: Photo | None = await lease.retry(lambda: self._store.get(PHOTO, end.photo_id), transient=transient)
        keys = [variant_key(end.photo_id, FILTER_VERSION, name) for name in ("full", "feed", "thumb")]
        if photo is not None:
            keys += [key for key in (photo.object_key, photo.full_key, photo.feed_key, photo.thumb_key) if key]
        for key in dict.fromkeys(keys):
            await lease.retry(lambda k=key: self._objects.remove(k), transient=unanswered)


def unanswered(error: Exception) -> bool:
    """Whether the object store just didn't answer."""
    return isinstance(error, ObjectsUnavailable)


def told(taken: PhotoTaken, outcome: Filtered | Rejected) -> Event:
    """The fact that a photo was filtered or rejected; made twice, it is the same."""
    if isinstance(outcome, Rejected):
        return PhotoRejected(
            event_id=derived_id(taken.event_id, "PhotoRejected"),
            occurred_at=taken.occurred_at,
            actor_id=taken.actor_id,
            photo_id=taken.photo_id,
            owner_id=taken.owner_id,
            taken_at=taken.taken_at,
            develops_at=taken.develops_at,
            code=outcome.code,
            reason=outcome.reason,
        )
    images = {
        name: Image(key=variant_key(taken.photo_id, outcome.version, name), width=variant.width, height=variant.height)
        for name, variant in outcome.variants.items()
    }
    return PhotoFiltered(
        event_id=derived_id(taken.event_id, "PhotoFiltered", outcome.version),
        occurred_at=taken.occurred_at,
        actor_id=taken.actor_id,
        photo_id=taken.photo_id,
        owner_id=taken.owner_id,
        develops_at=taken.develops_at,
        filter_version=outcome.version,
        blurhash=outcome.blurhash,
        **images,
    )
