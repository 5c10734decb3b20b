"""filter makes photos of uploads. An upload is read as it was registered, filtered in a process that can be killed, and
written in three sizes; then PhotoFiltered is appended, or PhotoRejected with a reason that its owner can read.

There are two lanes, so that old work never stands before today's photos. This one leaves alone what was taken longer
ago than RECENT, and what it fails with. `filter_late` does what this one hasn't done (processors/filter_late.py)."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from events.generated import Image, PhotoFiltered, PhotoRejected, PhotoTaken
from events.ids import derived_id
from events.image_keys import image_key
from processors.film.limits import LIMITS
from processors.film.outcome import Filtered, Outcome, Rejected
from processors.film.sandbox.child import WorkerLost, WorkerNotStarted
from processors.film.sandbox.lazy_pool import LazyPool
from processors.film.sandbox.pool import Pool
from processors.handlers.batch import UNASSIGNED, Batch
from processors.handlers.patient import PatientObjects, PatientPublisher, PatientStore
from processors.handlers.projected import End
from processors.handlers.reactor import Reactor, indigestible
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.object_store import ObjectChanged
from processors.transport.lease import Lease, LeaseLost
from projections.photos.photo import photo_of

log = logging.getLogger(__name__)

RECENT = timedelta(hours=1)
UPLOAD_CHANGED = Rejected(
    "upload_changed", "The upload is gone, or isn't the photo that was registered. Please send it again."
)


class NotFiltered(ValueError):
    """A photo's workers were lost again and again, which says nothing about the photo. The text says how."""


class FilterLane(Reactor):
    """What both lanes have: a photo that isn't filtered and hasn't ended is filtered, side by side with others."""

    topics = ("photos",)
    wants = (PhotoTaken,)
    appends = (PhotoFiltered, PhotoRejected)
    max_records = 16  # a photo takes tenths of a second: small batches keep the progress fine-grained
    pauses: ClassVar[tuple[float, ...]]  # seconds between the attempts at a photo whose workers are lost

    def __init__(self, tools: Tools, pool: Pool, workers: int):
        self.tools, self._pool = tools, LazyPool(pool)
        self._free_workers = asyncio.Semaphore(workers)  # before an upload is read, which may have 30 MB

    async def unfinished(self, taken: Sequence[PhotoTaken], end: End, lease: Lease) -> list[PhotoTaken]:
        """Those of the photos that, as far as `end`, have neither been filtered nor ended. Raises LeaseLost."""
        await self.tools.projected.until(["photo"], [end], lease)
        store = PatientStore(self.tools.store, lease)
        rows = await asyncio.gather(*(photo_of(store, each.photo_id) for each in taken))
        return [each for each, row in zip(taken, rows, strict=True) if row is None or not (row.filtered or row.ended)]

    async def filter_all(self, taken: Sequence[PhotoTaken], lease: Lease) -> dict[UUID, Exception]:
        """Filters photos side by side. What it fails with doesn't stop the others: the errors, by the event's id.

        Raises LeaseLost, and every error that has nothing to do with what is filtered."""
        failures: dict[UUID, Exception] = {}

        async def attempt(one: PhotoTaken) -> None:
            try:
                await self._filter(one, lease)
            except Exception as error:
                if not indigestible(error):
                    raise
                failures[one.event_id] = error

        try:
            async with asyncio.TaskGroup() as group:
                for one in taken:
                    group.create_task(attempt(one))
        except* LeaseLost:
            lease.check()
        return failures

    async def _filter(self, taken: PhotoTaken, lease: Lease) -> None:
        objects, publisher = PatientObjects(self.tools.objects, lease), PatientPublisher(self.tools.publisher, lease)
        async with self._free_workers:
            lease.check()
            outcome = await self._outcome(taken, objects, lease)
            if isinstance(outcome, Filtered):
                for name, variant in outcome.variants.items():
                    await objects.write(image_key(taken.photo_id, outcome.version, name), variant.data)
            await publisher.publish_all([outcome_event(taken, outcome, self.tools.now())])

    async def _outcome(self, taken: PhotoTaken, objects: PatientObjects, lease: Lease) -> Outcome:
        """What the film makes of an upload; a rejection if it isn't there as it was registered.

        Raises LeaseLost, NotFiltered, and KeyError for a zone that isn't known."""
        taken_on = taken.taken_at.astimezone(ZoneInfo(taken.zone)).date()
        try:
            data = await objects.read(taken.object_key, taken.etag, LIMITS.upload_bytes)
        except ObjectChanged:
            return UPLOAD_CHANGED
        for attempt, pause in enumerate((*self.pauses, None), 1):
            try:
                return await lease.retry(
                    lambda: self._pool.filter(taken.photo_id, data, taken_on),
                    transient=lambda error: isinstance(error, WorkerNotStarted),
                )
            except WorkerLost as lost:
                log.warning("%s: photo %s, attempt %d: %s", self.name, taken.photo_id, attempt, lost)
                if pause is None:
                    raise NotFiltered(f"{attempt} attempts, in the last of which {lost}") from lost
            await lease.pause(pause)
        raise AssertionError("the last attempt returns or raises")


class Filter(FilterLane):
    """Filters photos as they are taken, as many at a time as the pool has workers.

    `pool`: filters in other processes; by default a new one with as many as the settings say."""

    name = "filter"
    pauses = (1.0,)

    def __init__(self, tools: Tools, pool: Pool | None = None):
        workers = tools.settings.filter_workers
        super().__init__(tools, pool or Pool(workers=workers), workers)

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """Filters what was taken in a batch, if that was a moment ago. Raises LeaseLost when the lease is lost."""
        replayed = batch.assignment == UNASSIGNED  # for an operator, who wants it done now or to hear why not
        taken = [event for read in reads if (event := photo_taken(read)) and (replayed or self._is_recent(read))]
        if not taken:
            return
        taken = await self.unfinished(taken, (batch.topic, batch.partition, batch.next_offset), lease)
        for error in (await self.filter_all(taken, lease)).values():
            if replayed:
                raise error
            log.warning("A photo is left to filter_late: %s: %s", type(error).__name__, error)

    def _is_recent(self, read: Read) -> bool:
        return self.tools.now().timestamp() - read.record.timestamp / 1000 <= RECENT.total_seconds()


def photo_taken(read: Read) -> PhotoTaken | None:
    """The event of a read, if it is that a photo was taken."""
    return read.event if isinstance(read.event, PhotoTaken) else None


def outcome_event(taken: PhotoTaken, outcome: Outcome, now: datetime) -> PhotoFiltered | PhotoRejected:
    """The fact that a photo was filtered or rejected; made twice, it has the same id.

    A rejection occurs now: from then on its upload is kept for a while."""
    if isinstance(outcome, Rejected):
        return PhotoRejected(
            event_id=derived_id(taken.event_id, "PhotoRejected"),
            occurred_at=now,
            actor_id=taken.actor_id,
            photo_id=taken.photo_id,
            owner_id=taken.owner_id,
            taken_at=taken.taken_at,
            develops_at=taken.develops_at,
            code=outcome.code,
            reason=outcome.reason,
        )
    images = {
        name: Image(key=image_key(taken.photo_id, outcome.version, name), width=variant.width, height=variant.height)
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
