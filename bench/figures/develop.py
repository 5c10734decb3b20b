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

from bench.figures.apply import begin_at, ends, rates_text
from bench.harness.figure import Figure, compared
from bench.harness.process import BenchProcess, bench_process
from bench.harness.servers import BenchServers
from bench.harness.stream import DAY, Encoded, Ids, an_id, encoder, produce
from events.generated import PhotoDeveloped, PhotoFiltered, PhotoTaken
from events.image_keys import SIZES
from ops.secrets import with_values
from projections.catalog import of_topic

PEOPLE = 5000
PATIENCE = 300.0
VERSION, BLURHASH = "1", "LKO2?U%2Tw=w]~RBVZRi};RP"
IMAGE = {"key": "photos/key.jpg", "width": 2000, "height": 1500}
SIDES = {f"{size}_{side}": IMAGE[side] for size in SIZES for side in ("width", "height")}
CARD = {"filter_version": VERSION, "blurhash": BLURHASH, **SIDES}  # as `develop` makes it of the above
Photo = tuple[UUID, UUID]  # owner, photo


def common_fields(photo: Photo) -> dict[str, Any]:
    """Makes the fields that all of a photo's events have."""
    owner, photo_id = photo
    taken = {"occurred_at": DAY, "actor_id": owner, "taken_at": DAY - timedelta(hours=3), "develops_at": DAY}
    return taken | {"photo_id": photo_id, "owner_id": owner}


def taken_records(ids: Ids, photos: list[Photo], chance: random.Random) -> Iterator[Encoded]:
    """Makes PhotoTaken and PhotoFiltered of each photo, all due in the same minute."""
    take, develop = encoder(ids, PhotoTaken), encoder(ids, PhotoFiltered)
    more = {"zone": "UTC", "rule_version": "1", "object_key": "uploads/key", "etag": "etag", "on_profile": True}
    done = {"filter_version": VERSION, "full": IMAGE, "feed": IMAGE, "thumb": IMAGE, "blurhash": BLURHASH}
    for photo in photos:
        common = common_fields(photo)
        yield take(event_id=an_id(chance), **common, **more)
        yield develop(event_id=an_id(chance), **common, **done)


def developed_records(ids: Ids, photos: list[Photo], chance: random.Random) -> Iterator[Encoded]:
    """Makes PhotoDeveloped of each photo."""
    encode = encoder(ids, PhotoDeveloped)
    for photo in photos:
        yield encode(event_id=an_id(chance), **common_fields(photo), on_profile=True, card=CARD)


def wait_for_progress(
    servers: BenchServers, clock: BenchProcess, keyspace: str, wanted: dict[int, int], reactor: str = "develop"
) -> None:
    """Waits until a reactor has passed these offsets of `photos`. Raises ProcessFailed, TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    query = f"SELECT partition, offset FROM {keyspace}.progress_1 WHERE topic = 'photos' AND partition = %s"
    query += " AND projection = %s"
    for partition, end in wanted.items():
        while not any(row[1] >= end for row in servers.admin.execute(query, (partition, reactor))):
            clock.check_running()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{reactor} didn't reach {partition}@{end}")
            time.sleep(0.05)


def ours(servers: BenchServers, number: int, photos: list[Photo], chance: random.Random) -> float:
    """Measures our photos a second. Raises RuntimeError unless every one of them has developed."""
    settings = servers.keyspace(f"develop_ours_{number}", "photos")
    names = [each.name for each in of_topic("photos")]
    begin_at(settings, "photos", ends(settings, "photos"), [*names, "develop"])
    produce(settings, taken_records(servers.ids, photos, chance))
    beside = with_values(settings, worker_metrics_port=settings.worker_metrics_port + 1)
    with (
        bench_process(settings, "bench.ours.apply", "photos") as views,
        bench_process(beside, "bench.ours.develop", number) as clock,
    ):
        views.request(2 * len(photos))
        wait_for_progress(servers, clock, settings.keyspace, ends(settings, "photos"))
        views.send(len(photos))
        clock.send("it is time")
        reply = views.receive(PATIENCE)
    check = f"SELECT COUNT(*) FROM {settings.keyspace}.photo_1 WHERE developed = true ALLOW FILTERING"
    [[seen]] = servers.admin.execute(check, timeout=120)
    if seen != len(photos):
        raise RuntimeError(f"{seen} of {len(photos)} photos have developed")
    return len(photos) / reply["seconds"]


def reference(servers: BenchServers, number: int, photos: list[Photo], chance: random.Random) -> float:
    """Measures the reference's photos a second."""
    settings = servers.keyspace(f"develop_plain_{number}", "photos")
    starts = ends(settings, "photos")
    with bench_process(settings, "bench.reference.apply", "photos", json.dumps(starts)) as plain:
        warm = [(an_id(chance), an_id(chance)) for _ in range(200)]
        produce(settings, developed_records(servers.ids, warm, chance))
        plain.request(len(warm))
        plain.send(len(photos))
        produce(settings, developed_records(servers.ids, photos, chance), linger_ms=5)
        reply = plain.receive(PATIENCE)
    return len(photos) / reply["seconds"]


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides."""
    count, rounds = (50_000, 3) if servers.large else (6_000, 3)
    chance = random.Random(11)
    if not servers.large:
        servers.say(f"develop: {count:,} photos a round instead of 50,000, to stay within ten minutes")
    people = [an_id(chance) for _ in range(PEOPLE)]
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for of, one in zip(rates, (ours, reference), strict=True):
            photos = [(chance.choice(people), an_id(chance)) for _ in range(count)]
            of.append(one(servers, number, photos, chance))
        servers.drop()
        servers.say(f"round {number + 1}: {rates_text([of[-1] for of in rates])} photos/s")
    return {"develop": compared(ours=rates[0], reference=rates[1], unit="photos/s")}
