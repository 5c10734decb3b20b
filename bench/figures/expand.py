"""expand: photos a second from the minute in which all of them come due until their states, the counts and the lists of
their rolls are right.

Ours are the reactors `develop` and `expand` in one process and the app of `photos` in another, as `darkroom up` runs
them; the clock starts when the time comes. Each photo is in one roll. The reference produces the same PhotoDeveloped
and PhotoDevelopedInRoll, and writes the same rows (`bench.reference.apply`).
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from bench.figures.apply import begin_at, ends, rates_text
from bench.figures.develop import (
    CARD,
    PATIENCE,
    PEOPLE,
    Photo,
    common_fields,
    developed_records,
    taken_records,
    wait_for_progress,
)
from bench.harness.figure import Figure, compared
from bench.harness.process import bench_process
from bench.harness.servers import BenchServers
from bench.harness.stream import Encoded, Ids, an_id, encoder, produce
from events.generated import PhotoAddedToRoll, PhotoDevelopedInRoll
from ops.secrets import with_values
from projections.catalog import of_topic

ROLLS = 500
Placed = tuple[Photo, UUID, UUID]  # the photo, its roll, its placement


def placed_records(ids: Ids, photos: list[Placed]) -> Iterator[Encoded]:
    """Makes PhotoAddedToRoll of each photo."""
    encode = encoder(ids, PhotoAddedToRoll)
    for photo, roll, placement in photos:
        yield encode(event_id=placement, **common_fields(photo), roll_id=roll)


def developed_in_roll_records(ids: Ids, photos: list[Placed], chance: random.Random) -> Iterator[Encoded]:
    """Makes PhotoDevelopedInRoll of each photo."""
    encode = encoder(ids, PhotoDevelopedInRoll)
    for photo, roll, placement in photos:
        more = {"roll_id": roll, "placement_id": placement, "card": CARD}
        yield encode(event_id=an_id(chance), **common_fields(photo), **more)


def totals(servers: BenchServers, keyspace: str) -> Counter[str]:
    """Adds up the sizes of all sets, by their kind."""
    found: Counter[str] = Counter()
    for kind, total in servers.admin.execute(f"SELECT kind, total FROM {keyspace}.counts_1", timeout=120):
        found[kind] += total
    return found


def listed(servers: BenchServers, keyspace: str) -> int:
    """Counts the photos that are shown in the lists of their rolls: their rows have a card."""
    rows = servers.admin.execute(f"SELECT card_json FROM {keyspace}.roll_feed_1", timeout=120)
    return sum(card is not None for (card,) in rows)


def ours(servers: BenchServers, number: int, photos: list[Placed], chance: random.Random) -> float:
    """Measures our photos a second. Raises RuntimeError unless all is right in the end."""
    settings = servers.keyspace(f"expand_ours_{number}", "photos")
    names = [each.name for each in of_topic("photos")]
    begin_at(settings, "photos", ends(settings, "photos"), [*names, "develop", "expand"])
    produce(settings, taken_records(servers.ids, [photo for photo, _, _ in photos], chance))
    produce(settings, placed_records(servers.ids, photos))
    beside = with_values(settings, worker_metrics_port=settings.worker_metrics_port + 1)
    with (
        bench_process(settings, "bench.ours.apply", "photos") as views,
        bench_process(beside, "bench.ours.develop", f"expand-{number}", "expand") as clock,
    ):
        views.request(3 * len(photos))
        for reactor in ("develop", "expand"):
            wait_for_progress(servers, clock, settings.keyspace, ends(settings, "photos"), reactor)
        views.send(2 * len(photos))
        clock.send("it is time")
        reply = views.receive(PATIENCE)
    found = totals(servers, settings.keyspace) | {"listed": listed(servers, settings.keyspace)}
    wanted = {"photos_in_roll": 1, "developing_in_roll": 0, "developed_of_user": 1, "listed": 1}
    if any(found[kind] != each * len(photos) for kind, each in wanted.items()):
        raise RuntimeError(f"of {len(photos)} photos there are {dict(found)}")
    return len(photos) / reply["seconds"]


def reference(servers: BenchServers, number: int, photos: list[Placed], chance: random.Random) -> float:
    """Measures the reference's photos a second."""
    settings = servers.keyspace(f"expand_plain_{number}", "photos")
    starts = ends(settings, "photos")
    with bench_process(settings, "bench.reference.apply", "photos", json.dumps(starts)) as plain:
        warm = [(an_id(chance), an_id(chance)) for _ in range(200)]
        produce(settings, developed_records(servers.ids, warm, chance))
        plain.request(len(warm))
        plain.send(2 * len(photos))
        produce(settings, developed_records(servers.ids, [photo for photo, _, _ in photos], chance), linger_ms=5)
        produce(settings, developed_in_roll_records(servers.ids, photos, chance), linger_ms=5)
        reply = plain.receive(PATIENCE)
    return len(photos) / reply["seconds"]


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides."""
    count, rounds = (50_000, 3) if servers.large else (6_000, 3)
    chance = random.Random(17)
    if not servers.large:
        servers.say(f"expand: {count:,} photos a round instead of 50,000, to stay within ten minutes")
    people, rolls = ([an_id(chance) for _ in range(number)] for number in (PEOPLE, ROLLS))
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for of, one in zip(rates, (ours, reference), strict=True):
            photos = [
                ((chance.choice(people), an_id(chance)), chance.choice(rolls), an_id(chance)) for _ in range(count)
            ]
            of.append(one(servers, number, photos, chance))
        servers.drop()
        servers.say(f"round {number + 1}: {rates_text([of[-1] for of in rates])} photos/s")
    return {"expand": compared(ours=rates[0], reference=rates[1], unit="photos/s")}
