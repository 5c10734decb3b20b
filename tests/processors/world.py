"""A reactor's world without servers: a log in memory, read models folded from it, and a clock moved by hand."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from events.generated import (
    Event,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoFiltered,
    PhotoRejected,
    PhotoTaken,
    PhotoTakenDown,
)
from events.positions import Position
from events.settings import Settings
from processors.develop import Develop
from processors.expand import Expand
from processors.handlers.batch import Batch, Partition
from processors.handlers.projector import Projector
from processors.handlers.reactor import Reactor, ReactorHandler
from processors.handlers.reader import Read
from processors.handlers.tools import Tools
from processors.object_store import ObjectStore
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.store.memory import MemoryStore
from tests import given
from tests.histories import START
from tests.kit import MemoryLog, Worker
from tests.partitions import PARTITIONING, partition_of
from tests.processors.objects import MemoryObjects

OWNER = UUID("bbce2359-3b38-5c04-add3-59bf94bc6cbd")


React = Callable[[Batch, list[Read], Lease], Awaitable[None]]


class Reacting(Reactor):
    """A reactor that is a function."""

    def __init__(self, name: str, wants: Sequence[type[Event]], react: React):
        self.name, self.topics, self.wants = name, ("photos",), tuple(wants)  # type: ignore[misc]
        self._react = react

    async def react(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        """See Reactor."""
        await self._react(batch, reads, lease)


class Meanwhile(Lease):
    """A lease whose pauses take no time: something happens in each, and one more than that fails the test."""

    def __init__(self, *happens: Callable[[], Awaitable[None]]):
        super().__init__(lambda: True)
        self.left: list[Callable[[], Awaitable[None]]] = list(happens)
        self.paused: list[float] = []  # how long each pause would have been, in seconds

    async def pause(self, seconds: float) -> None:
        """See Lease."""
        self.check()
        assert self.left, "waits for what has happened already, or never will"
        self.paused.append(seconds)
        await self.left.pop(0)()


async def nothing() -> None:
    """Time passes, and nothing else."""


@dataclass
class World:
    """The log, the read models folded from it, and what was published (which is in the log too)."""

    now: datetime = START
    worker_ahead: timedelta = timedelta()  # its clock's error
    folds_what_it_publishes: bool = False
    log: MemoryLog = field(default_factory=MemoryLog)
    store: MemoryStore = field(default_factory=MemoryStore)
    published: list[Event] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)  # how many were published at once

    def __post_init__(self) -> None:
        self.log.now = lambda: self.now
        self.views = Worker(self.store, self.log.codec)
        self.expand = Expand(self.tools().that_append(Expand.appends))

    async def publish_all(self, events: Sequence[Event], traceparent: str = "") -> list[Position]:
        """See Publishes."""
        await (self.happen if self.folds_what_it_publishes else self.log.append)(*events)
        self.published += events
        self.rounds.append(len(events))
        return []

    async def happen(self, *events: Event) -> None:
        """Appends events and folds them into the read models."""
        await self.log.append(*events)
        await self.views.fold_all(self.log)

    async def catch_up(self) -> None:
        """Folds all that is in the log into the read models."""
        await self.views.fold_all(self.log)

    async def happen_behind(self, view: str, partition: int, *events: Event) -> None:
        """Appends events and folds them, but for one view, which hasn't come to what is new in one partition."""
        await self.log.append(*events)
        for (topic, number), records in self.log.partitions.items():
            views = [each for each in of_topic(topic) if (each.name, number) != (view, partition)]
            projector = Projector(topic, views, self.store, self.log.codec, self.views.dead_letters(topic))
            await projector.start(Partition(topic, number))
            await projector.handle(Batch(topic, number, 1, records), Lease.of())

    async def ends(self, topic: str) -> list[tuple[str, int, int]]:
        """The next offset of each partition."""
        return [(topic, i, len(self.log.partitions.get((topic, i), ()))) for i in PARTITIONING.each(topic)]

    def tools(self, objects: ObjectStore | None = None, workers: int = 2) -> Tools:
        """Tools whose store, publisher, log and clock are this world's."""
        settings = Settings.model_validate({"filter_workers": workers})
        objects = objects or MemoryObjects()
        return Tools(self.store, self, objects, self.ends, settings, self.database_now, self.worker_now)

    async def database_now(self) -> datetime:
        """The database's clock, which is right."""
        return self.now

    def worker_now(self) -> datetime:
        """The worker's clock."""
        return self.now + self.worker_ahead

    def handler(self, reactor: Reactor) -> ReactorHandler:
        """The handler of a reactor in this world."""
        return ReactorHandler(reactor, self.store, self.log.codec, self.views.dead_letters(reactor.name), self.log)

    async def feed(
        self, handler: ReactorHandler, topic: str, only: int | None = None, lease: Lease | None = None
    ) -> None:
        """Hands a reactor what it hasn't had yet of a topic (or of `only` one partition), a batch a partition."""
        for (name, partition), records in list(self.log.partitions.items()):
            if name == topic and only in (None, partition):
                start = await handler.start(Partition(topic, partition))
                if records[start:]:
                    await handler.handle(Batch(topic, partition, 1, records[start:]), lease or Lease.of())

    def develop(self) -> Develop:
        """A develop reactor with this world's clock."""
        return Develop(self.tools().that_append(Develop.appends))


def somebody_in(topic: str, partition: int) -> UUID:
    """A person whose facts are in a partition."""
    people = (uuid5(OWNER, f"somebody {n}") for n in itertools.count())
    return next(person for person in people if partition_of(topic, person) == partition)


PARTITION = partition_of("photos", OWNER)
PARTITION_OF_OWNER = Partition("photos", PARTITION)


def base(name: str, occurred_at: datetime = START) -> dict[str, object]:
    """What every event begins with."""
    return {"event_id": uuid5(OWNER, name), "occurred_at": occurred_at, "actor_id": OWNER}


def about(number: int, develops_in: timedelta) -> dict[str, object]:
    """What events about the nth photo share."""
    photo = uuid5(OWNER, f"photo {number}")
    return {"photo_id": photo, "owner_id": OWNER, "taken_at": START, "develops_at": START + develops_in}


def taken(number: int, develops_in: timedelta = timedelta(hours=1)) -> PhotoTaken:
    more = {"zone": "UTC", "rule_version": "1", "object_key": f"uploads/{number}", "etag": "e", "on_profile": True}
    return given.photo_taken(**base(f"taken {number}"), **about(number, develops_in), **more)


def filtered(number: int, develops_in: timedelta = timedelta(hours=1)) -> PhotoFiltered:
    one = about(number, develops_in)
    del one["taken_at"]
    return given.photo_filtered(**base(f"filtered {number}"), **one)


def placed(number: int, roll: UUID, develops_in: timedelta = timedelta(hours=1)) -> PhotoAddedToRoll:
    return given.photo_added_to_roll(**base(f"placed {number} {roll}"), **about(number, develops_in), roll_id=roll)


def deleted(number: int, develops_in: timedelta = timedelta(hours=1)) -> PhotoDeleted:
    return given.photo_deleted(**base(f"deleted {number}"), **about(number, develops_in))


def taken_down(number: int, develops_in: timedelta = timedelta(hours=1)) -> PhotoTakenDown:
    return given.photo_taken_down(**base(f"taken down {number}"), **about(number, develops_in), reason="copied")


def rejected(number: int, develops_in: timedelta = timedelta(hours=1)) -> PhotoRejected:
    more = {"code": "damaged", "reason": "This photo is damaged."}
    return given.photo_rejected(**base(f"rejected {number}"), **about(number, develops_in), **more)
