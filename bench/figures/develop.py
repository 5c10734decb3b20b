"""develop: photos a second from the minute in which all of them come due to `photo.developed`, read in Cassandra.

Ours are the reactor `develop` and the app of `photos`, in a process each, as `darkroom up` runs them; the clock starts
when the time comes. The reference produces the same PhotoDeveloped records, and writes the same rows
(`bench.reference.apply`).
"""

import json
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.figures.apply import begin_at, ends, told
from bench.harness.figure import Figure, compared
from bench.harness.side import Side, side
from bench.harness.stream import DAY, Encoded, Ids, an_id, encoder, produce
from bench.harness.world import World
from events.generated import PhotoDeveloped, PhotoFiltered, PhotoTaken
from ops.secrets import with_values
from projections.catalog import of_topic

PEOPLE = 5000
PATIENCE = 300.0
IMAGE = {"key": "photos/key.jpg", "width": 2000, "height": 1500}
Photo = tuple[UUID, UUID]  # owner, photo


def facts(photo: Photo) -> dict[str, Any]:
    """What all of a photo's events say."""
    owner, photo_id = photo
    taken = {"occurred_at": DAY, "actor_id": owner, "taken_at": DAY - timedelta(hours=3), "develops_at": DAY}
    return taken | {"photo_id": photo_id, "owner_id": owner}


def waiting(ids: Ids, photos: list[Photo], chance: random.Random) -> Iterator[Encoded]:
    """PhotoTaken and PhotoFiltered of each photo, all due in the same minute."""
    take, develop = encoder(ids, PhotoTaken), encoder(ids, PhotoFiltered)
    more = {"zone": "UTC", "rule_version": "1", "object_key": "uploads/key", "etag": "etag", "on_profile": True}
    done = {"filter_version": "1", "full": IMAGE, "feed": IMAGE, "thumb": IMAGE, "blurhash": "LKO2?U%2Tw=w]~RBVZRi};RP"}
    for photo in photos:
        common = facts(photo)
        yield take(event_id=an_id(chance), **common, **more)
        yield develop(event_id=an_id(chance), **common, **done)


def developed(ids: Ids, photos: list[Photo], chance: random.Random) -> Iterator[Encoded]:
    """PhotoDeveloped of each photo."""
    encode = encoder(ids, PhotoDeveloped)
    for photo in photos:
        yield encode(event_id=an_id(chance), **facts(photo))


def progressed(world: World, clock: Side, keyspace: str, wanted: dict[int, int]) -> None:
    """Waits until the reactor `develop` has passed these offsets of `photos`. Broken, TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    query = f"SELECT partition, offset FROM {keyspace}.progress_1 WHERE topic = 'photos' AND partition = %s"
    query += " AND projection = 'develop'"
    for partition, end in wanted.items():
        while not any(row[1] >= end for row in world.admin.execute(query, (partition,))):
            clock.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"develop didn't reach {partition}@{end}")
            time.sleep(0.05)


def ours(world: World, number: int, photos: list[Photo], chance: random.Random) -> float:
    """Photos a second, and that every one of them has developed."""
    settings = world.keyspace(f"develop_ours_{number}", "photos")
    names = [each.name for each in of_topic("photos")]
    begin_at(settings, "photos", ends(settings, "photos"), [*names, "develop"])
    produce(settings, waiting(world.ids, photos, chance))
    beside = with_values(settings, worker_metrics_port=settings.worker_metrics_port + 1)
    with (
        side(settings, "bench.ours.apply", "photos") as views,
        side(beside, "bench.ours.develop", number) as clock,
    ):
        views.ask(2 * len(photos))
        progressed(world, clock, settings.keyspace, ends(settings, "photos"))
        views.tell(len(photos))
        clock.tell("it is time")
        answer = views.hear(PATIENCE)
    check = f"SELECT COUNT(*) FROM {settings.keyspace}.photo_1 WHERE developed = true ALLOW FILTERING"
    [[seen]] = world.admin.execute(check, timeout=120)
    if seen != len(photos):
        raise RuntimeError(f"{seen} of {len(photos)} photos have developed")
    return len(photos) / answer["seconds"]


def by_hand(world: World, number: int, photos: list[Photo], chance: random.Random) -> float:
    """Photos a second."""
    settings = world.keyspace(f"develop_plain_{number}", "photos")
    starts = ends(settings, "photos")
    with side(settings, "bench.reference.apply", "photos", json.dumps(starts)) as plain:
        warm = [(an_id(chance), an_id(chance)) for _ in range(200)]
        produce(settings, developed(world.ids, warm, chance))
        plain.ask(len(warm))
        plain.tell(len(photos))
        produce(settings, developed(world.ids, photos, chance), linger_ms=5)
        answer = plain.hear(PATIENCE)
    return len(photos) / answer["seconds"]


def measure(world: World) -> dict[str, Figure]:
    """Both sides' medians."""
    count, rounds = (50_000, 3) if world.large else (6_000, 3)
    chance = random.Random(11)
    if not world.large:
        world.say(f"develop: {count:,} photos a round instead of 50,000, to stay within ten minutes")
    people = [an_id(chance) for _ in range(PEOPLE)]
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for of, one in zip(rates, (ours, by_hand), strict=True):
            photos = [(chance.choice(people), an_id(chance)) for _ in range(count)]
            of.append(one(world, number, photos, chance))
        world.drop()
        world.say(f"round {number + 1}: {told([of[-1] for of in rates])} photos/s")
    return {"develop": compared(rates[0], rates[1], "photos/s")}
