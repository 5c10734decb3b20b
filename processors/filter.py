"""filter makes photos of uploads. An upload is read as it was registered, filtered in a process that can be killed, and
written in three sizes; then PhotoFiltered is appended, or PhotoRejected with a reason that its owner can read. An ended
photo's objects are removed."""

import asyncio
import hashlib
from uuid import UUID
from zoneinfo import ZoneInfo

from events.generated import Image, PhotoDeleted, PhotoFiltered, PhotoRejected, PhotoTaken, PhotoTakenDown
from events.ids import derived_id
from processors.film.limits import LIMITS
from processors.film.outcome import Filtered, Outcome, Rejected
from processors.film.sandbox.lazy_pool import LazyPool
from processors.film.sandbox.pool import Pool
from processors.film.version import filter_version
from processors.handlers.batch import Batch
from processors.handlers.patient import PatientObjects, PatientPublisher, PatientStore
from processors.handlers.reactor import Reactor, wait_until_projected
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.object_store import ObjectChanged, ObjectStore
from processors.transport.lease import Lease, LeaseLost
from projections.photos.photo import PHOTO, Photo
from projections.store.protocol import Store

SIZES = ("full", "feed", "thumb")
UPLOAD_CHANGED = Rejected(
    "upload_changed", "The upload is gone, or isn't the photo that was registered. Please send it again."
)


class Filter(Reactor):
    """Filters a batch's photos side by side, as many at a time as the pool has workers.

    `pool`: filters in other processes; by default a new one with as many as the settings say."""

    name = "filter"
    topics = ("photos",)
    wants = (PhotoTaken, PhotoDeleted, PhotoTakenDown, PhotoRejected)
    appends = (PhotoFiltered, PhotoRejected)
    max_records = 16  # a photo takes tenths of a second: small batches keep the progress fine-grained

    def __init__(self, tools: Tools, pool: Pool | None = None):
        workers = tools.settings.filter_workers
        self._tools, self._pool = tools, LazyPool(pool or Pool(workers=workers))
        self._free_workers = asyncio.Semaphore(workers)  # before an upload is read, which may have 30 MB

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Filters what was taken in a batch, then removes what ended in it. Raises LeaseLost when the lease is lost."""
        try:
            async with asyncio.TaskGroup() as group:
                for read in reads:
                    if isinstance(read.event, PhotoTaken):
                        group.create_task(self._filter(read.event, lease))
        except* LeaseLost:
            lease.check()
        ends = [read.event for read in reads if isinstance(read.event, PhotoDeleted | PhotoTakenDown | PhotoRejected)]
        if ends:  # the read model tells under which keys a photo's objects are
            here = [(batch.topic, batch.partition, batch.next_offset)]
            await wait_until_projected(self._tools.store, ["photo"], here, lease)
        store, objects = PatientStore(self._tools.store, lease), PatientObjects(self._tools.objects, lease)
        for end in ends:
            for key in await object_keys(store, end.photo_id):
                await objects.remove(key)

    async def _filter(self, taken: PhotoTaken, lease: Lease) -> None:
        objects, publisher = PatientObjects(self._tools.objects, lease), PatientPublisher(self._tools.publisher, lease)
        async with self._free_workers:
            lease.check()
            outcome = await filtered_upload(taken, objects, self._pool)
            if isinstance(outcome, Filtered):
                for name, variant in outcome.variants.items():
                    await objects.write(variant_key(taken.photo_id, outcome.version, name), variant.data)
            await publisher.publish_all([outcome_event(taken, outcome)])


async def filtered_upload(taken: PhotoTaken, objects: ObjectStore, pool: LazyPool) -> Outcome:
    """What the filter makes of an upload; a rejection if it isn't there as it was registered."""
    try:
        data = await objects.read(taken.object_key, taken.etag, LIMITS.upload_bytes)
    except ObjectChanged:
        return UPLOAD_CHANGED
    taken_on = taken.taken_at.astimezone(ZoneInfo(taken.zone)).date()
    return await pool.filter(taken.photo_id, data, taken_on)


async def object_keys(store: Store, photo_id: UUID) -> list[str]:
    """The keys under which a photo may have objects: those that the read model knows, and those that a filter has
    written that ended before it appended its event."""
    keys = [variant_key(photo_id, filter_version(), name) for name in SIZES]
    photo: Photo | None = await store.get(PHOTO, photo_id)
    if photo is not None:
        keys += [key for key in (photo.object_key, photo.full_key, photo.feed_key, photo.thumb_key) if key]
    return list(dict.fromkeys(keys))


def variant_key(photo_id: UUID, version: str, name: str) -> str:
    """The key of a filtered size: under its photo and filter version, so a new look never overwrites an old one."""
    return f"photos/{photo_id}/{hashlib.sha256(version.encode()).hexdigest()[:12]}/{name}.jpg"


def outcome_event(taken: PhotoTaken, outcome: Outcome) -> PhotoFiltered | PhotoRejected:
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
