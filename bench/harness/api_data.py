"""Makes what the API reads in `api`: people, public rolls, and developed photos with a few likes."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.harness.stream import DAY, an_id
from events.codec import key_of, topic_of
from events.generated import (
    Event,
    Image,
    PhotoAddedToRoll,
    PhotoDeveloped,
    PhotoFiltered,
    PhotoLiked,
    PhotoTaken,
    RollCreated,
    UserRegistered,
)
from events.settings import Settings
from events.topics import partition_of
from processors.handlers.fold import fold as fold_events
from processors.handlers.fold import subscribers
from processors.handlers.reader import Read
from processors.handlers.writer import Writer
from processors.transport.lease import Lease
from projections.catalog import of_topic
from projections.store.cassandra import CassandraStore, connect, disconnect
from projections.store.roles import WORKER

PEOPLE = 40
DEVELOPED = DAY - timedelta(days=30)
AT_ONCE = 2000


@dataclass(frozen=True)
class Album:
    """A viewer, and the rolls that they read."""

    viewer: UUID
    rolls: list[UUID]


def fill(settings: Settings, *, rolls: int, photos: int) -> Album:
    """Folds the events of some rolls, of so many photos each, into a keyspace."""
    chance = random.Random(7)
    people, made = ([an_id(chance) for _ in range(number)] for number in (PEOPLE, rolls))
    asyncio.run(fold(settings, history(chance, people, made, photos)))
    return Album(people[0], made)


def history(chance: random.Random, people: list[UUID], rolls: list[UUID], photos: int) -> list[Event]:
    """Makes the events."""
    events: list[Event] = [registered(chance, person, number) for number, person in enumerate(people)]
    for roll in rolls:
        creator = chance.choice(people)
        common = {"event_id": an_id(chance), "occurred_at": DEVELOPED, "actor_id": creator}
        events.append(
            RollCreated(**common, roll_id=roll, creator_id=creator, **blank(RollCreated, visibility="public"))
        )
    for number in range(len(rolls) * photos):
        events += photo(chance, people, rolls[number % len(rolls)])
    return events


def registered(chance: random.Random, person: UUID, number: int) -> Event:
    """Makes a person's registration."""
    common = {"event_id": an_id(chance), "occurred_at": DEVELOPED, "actor_id": person, "user_id": person}
    other = blank(UserRegistered, handle=f"person{number}", handle_hmac=f"hmac{number}")
    return UserRegistered(**common, **other)


def blank(kind: type, **given: Any) -> dict[str, Any]:
    """Fills those fields of an event that don't matter here with some text, and adds what is given."""
    common = {"event_id", "occurred_at", "actor_id"}
    texts = {name: "text" for name, of in kind.__annotations__.items() if "str" in str(of) and name not in common}
    return texts | given


def photo(chance: random.Random, people: list[UUID], roll: UUID) -> list[Event]:
    """Makes the events of a developed photo in a roll, with three likes."""
    owner, photo_id = chance.choice(people), an_id(chance)
    taken_at = DEVELOPED - timedelta(seconds=chance.randrange(86_400))
    known: dict[str, Any] = {"occurred_at": DEVELOPED, "actor_id": owner, "photo_id": photo_id, "owner_id": owner}
    times: dict[str, Any] = {"taken_at": taken_at, "develops_at": DEVELOPED}
    sizes: dict[str, Any] = {
        name: Image(key=f"photos/{photo_id}/{name}.jpg", width=px, height=px * 3 // 4)
        for name, px in (("full", 2000), ("feed", 1080), ("thumb", 320))
    }
    taken = PhotoTaken(
        event_id=an_id(chance), **known, **times, zone="UTC", rule_version="1", object_key=f"uploads/{photo_id}",
        etag="e", on_profile=chance.random() < 0.5,
    )  # fmt: skip
    filtered = PhotoFiltered(
        event_id=an_id(chance), **known, develops_at=DEVELOPED, filter_version="1",
        blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH", **sizes,
    )  # fmt: skip
    return [
        taken,
        PhotoAddedToRoll(event_id=an_id(chance), **known, roll_id=roll, **times),
        filtered,
        PhotoDeveloped(event_id=an_id(chance), **known, **times),
        *(
            PhotoLiked(event_id=an_id(chance), occurred_at=DAY, actor_id=liker, photo_id=photo_id, liker_id=liker)
            for liker in chance.sample(people, 3)
        ),
    ]


async def fold(settings: Settings, events: Sequence[Event]) -> None:
    """Stores what events fold to, as the projector does; offsets are their order in each partition."""
    session = connect(settings, WORKER, settings.worker_password)
    store = CassandraStore(session, settings.keyspace)
    partitions: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        topic = topic_of(type(event))
        partitions.setdefault((topic, partition_of(topic, key_of(event))), []).append(event)
    no_record: Any = None  # there are no bytes to decode
    for (topic, partition), in_partition in partitions.items():
        writer, projections = Writer(topic, store), of_topic(topic)
        wanted = dict.fromkeys((each.name for each in projections), 0)
        reads = [Read(offset, event, no_record) for offset, event in enumerate(in_partition)]
        for i in range(0, len(reads), AT_ONCE):
            folded = fold_events(reads[i : i + AT_ONCE], wanted, subscribers(projections))
            assert await writer.write(partition, folded, Lease.of()) == []
    disconnect(session)
