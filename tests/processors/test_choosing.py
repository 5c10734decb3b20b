"""A record's schema says whose it is: what a reactor doesn't want isn't decoded, and what nobody can read is set aside
once, by its projector."""

import json
import logging
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from events.codec import HEADER, MAGIC, Codec
from events.generated import CommentPosted, Event, PhotoDeleted, PhotoLiked, PhotoTaken
from events.json_form import from_json
from events.personal import Key
from events.registry import UnknownSchema
from events.schema import all_schemas
from processors.catalog import reactors
from processors.handlers.batch import Batch
from processors.handlers.reactor import ReactorHandler
from processors.handlers.reader import NEW_EVENTS, Read, Reader
from processors.redrive.replay import ReactorReplay
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.progress import next_offsets, progress_rows
from tests.kit import MemoryKeys, MemoryLog, MemoryRegistry, projected_in
from tests.partitions import PARTITIONING
from tests.processors.world import (
    OWNER,
    PARTITION,
    Meanwhile,
    Reacting,
    World,
    deleted,
    nothing,
    taken,
)

pytestmark = pytest.mark.anyio

NEW = 1000  # the id of a schema that a later version brings
LATER = {**all_schemas()["darkroom.photos.PhotoDeleted"].avro, "name": "PhotoFramed"}


class LaterRegistry(MemoryRegistry):
    """A registry that has a later version's schema too, and may have lost one of ours."""

    lost: str = ""

    async def schema(self, schema_id: int) -> str:
        """See Registry."""
        if schema_id == NEW:
            return json.dumps(LATER)
        if 1 <= schema_id <= len(self._names) and self._names[schema_id - 1] == self.lost:
            raise UnknownSchema(f"the registry has no schema {schema_id}")
        return await super().schema(schema_id)


class Seen:
    """Notes the types of event that a reactor gets."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, batch: Batch, reads: list[Read], lease: Lease) -> None:
        self.events += [type(read.event).__name__ for read in reads]


def raw(world: World, value: bytes | None) -> None:
    world.log.raw("photos", PARTITION, str(OWNER).encode(), value)


async def new_event(world: World, number: int) -> None:
    """Appends an event of a type that a later version brings."""
    value = await world.log.codec.encode(taken(number))
    raw(world, HEADER.pack(MAGIC, NEW) + value[HEADER.size :])


async def a_world() -> tuple[World, LaterRegistry]:
    registry = LaterRegistry()
    return World(log=MemoryLog(Codec(registry, MemoryKeys()))), registry


def id_of(kind: type[Event]) -> int:
    """The id of an event's schema in a registry in memory."""
    return list(all_schemas()).index(f"darkroom.photos.{kind.__name__}") + 1


UNREADABLE = {
    "no bytes": None,
    "no event": b"no event",
    "no magic": b"\x01" + bytes(20),
    "no such schema": HEADER.pack(MAGIC, 77_777) + bytes(60),
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_nobody_can_read_is_set_aside_once_by_its_projector(value: bytes | None) -> None:
    """Seen to fail with each reactor decoding everything: a letter from each of them."""
    world, _ = await a_world()
    raw(world, value)
    await world.catch_up()
    for kind in (each for each in reactors() if "photos" in each.topics):
        handler = world.handler(Reacting(kind.name, kind.wants, Seen()))
        await world.feed(handler, "photos", lease=Meanwhile())
    assert [(letter.projection, letter.value) for letter in world.views.letters] == [("*", value)]


async def test_what_a_reactor_wants_and_cant_decode_it_sets_aside_and_nothing_else() -> None:
    world, _ = await a_world()
    for kind in (PhotoTaken, PhotoDeleted):
        raw(world, HEADER.pack(MAGIC, id_of(kind)) + b"x")
    await world.log.append(taken(1))
    seen = Seen()
    await world.feed(world.handler(Reacting("filter", [PhotoTaken], seen)), "photos")
    assert [(letter.projection, letter.position.offset) for letter in world.views.letters] == [("filter", 0)]
    assert seen.events == ["PhotoTaken"]
    assert (await next_offsets(world.store, "photos", PARTITION))["filter", 1] == 3


async def test_a_reactor_asks_for_no_keys_of_what_it_doesnt_want() -> None:
    """Seen to fail with the choice taken out."""
    asked: list[UUID] = []

    class Keys(MemoryKeys):
        async def many(self, people: Collection[UUID]) -> Mapping[UUID, Key]:
            asked.extend(people)
            return await super().many(people)

    log = MemoryLog()
    comment = all_schemas()["darkroom.reactions.CommentPosted"]
    like = all_schemas()["darkroom.reactions.PhotoLiked"]
    await log.append(from_json(comment, comment.example()), from_json(like, like.example()))
    records = [record for part in log.partitions.values() for record in part]
    reader = Reader(Codec(MemoryRegistry(), Keys()), PARTITIONING, "looking")
    chosen, unknown = await reader.choose(records, {PhotoLiked}, Lease.of())
    reads, rejects = await reader.read("reactions", chosen, Lease.of())
    assert [type(read.event) for read in reads] == [PhotoLiked]
    assert (unknown, rejects, asked) == ([], [], [])
    assert CommentPosted not in {type(read.event) for read in reads}


async def test_an_event_that_only_a_later_version_knows_is_passed_by_counted_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Seen to fail with it rejected: a dead letter of each, and after a thousand the topic stands still."""
    world, _ = await a_world()
    await world.log.append(taken(1))
    before = NEW_EVENTS.labels("darkroom.photos.PhotoFramed")._value.get()
    for number in range(2, 5):
        await new_event(world, number)
    with caplog.at_level(logging.WARNING):
        await world.catch_up()
        seen = Seen()
        await world.feed(world.handler(Reacting("filter", [PhotoTaken], seen)), "photos", lease=Meanwhile())
    assert world.views.letters == []
    assert seen.events == ["PhotoTaken"]
    assert set((await next_offsets(world.store, "photos", PARTITION)).values()) == {4}
    assert NEW_EVENTS.labels("darkroom.photos.PhotoFramed")._value.get() == before + 3
    told = [message for message in caplog.messages if "PhotoFramed" in message]
    assert told == [
        f"photos-{PARTITION}@1 is a darkroom.photos.PhotoFramed, which this version doesn't know: such events are "
        "passed by"
    ]


async def test_who_redrives_an_event_that_only_a_later_version_knows_is_told_so() -> None:
    """Seen to fail with it passed by: the operator would be told that it was done."""
    world, registry = await a_world()
    await world.log.append(taken(1))
    await new_event(world, 2)
    replay = ReactorReplay(
        Reacting("filter", [PhotoTaken], Seen()), lambda: Codec(registry, MemoryKeys()), PARTITIONING
    )
    failed = await replay(world.log.partitions["photos", PARTITION][1:], "filter", Lease.of())
    assert failed == {1: f"schema {NEW} is darkroom.photos.PhotoFramed, which is no event known here"}


def says(world: World, offset: int) -> Any:
    """The projections of photos say that they have come to an offset."""

    async def said() -> None:
        names = [(each.name, 1) for each in of_topic("photos")]
        await world.store.write(progress_rows("photos", PARTITION, names, offset=offset))

    return said


async def test_while_the_registry_lacks_a_schema_a_reactor_waits_for_the_projector_and_then_looks_again() -> None:
    """Seen to fail without the wait: it passes by what it wants, and where the projector stood still until the registry
    had the schema again, there is no dead letter that would bring it back."""
    world, registry = await a_world()
    await world.log.append(taken(1), deleted(1))
    registry.lost = "darkroom.photos.PhotoTaken"
    codec = Codec(registry, MemoryKeys())  # which doesn't know it yet
    seen = Seen()
    letters = world.views.dead_letters("filter")
    reactor = Reacting("filter", [PhotoTaken], seen)
    handler = ReactorHandler(reactor, world.store, codec, letters, projected_in(world.store), world.log)

    async def mended() -> None:
        registry.lost = ""
        await says(world, 1)()

    lease = Meanwhile(nothing, mended)
    await world.feed(handler, "photos", lease=lease)
    assert (lease.left, seen.events, world.views.letters) == ([], ["PhotoTaken"], [])


async def test_what_the_registry_still_lacks_when_the_projector_has_passed_it_is_the_projectors_letter() -> None:
    world, registry = await a_world()
    await world.log.append(taken(1))
    registry.lost = "darkroom.photos.PhotoTaken"
    codec, seen = Codec(registry, MemoryKeys()), Seen()
    letters = world.views.dead_letters("filter")
    reactor = Reacting("filter", [PhotoTaken], seen)
    handler = ReactorHandler(reactor, world.store, codec, letters, projected_in(world.store), world.log)
    await world.feed(handler, "photos", lease=Meanwhile(says(world, 1)))
    assert (seen.events, world.views.letters) == ([], [])
    assert (await next_offsets(world.store, "photos", PARTITION))["filter", 1] == 1
