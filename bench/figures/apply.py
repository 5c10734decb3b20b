"""apply_rows, apply_tally: events a second from a backlog in the log into the read models, progress included.

Ours is the topic's app as a worker runs it (`bench.ours.apply`), the reference a loop by hand
(`bench.reference.apply`); both fold all of the topic's projections that want the event. They read the same records,
into keyspaces of their own.
"""

import json
import random
from collections.abc import Iterator
from itertools import islice

from confluent_kafka import Consumer, TopicPartition

from bench.harness.figure import Figure, compared
from bench.harness.side import Side, side
from bench.harness.stream import Encoded, likes, placements, produce
from bench.harness.world import World
from events.settings import Settings
from events.topics import TOPICS
from projections.catalog import of_topic
from projections.progress import PROGRESS
from projections.store.cassandra import connect, disconnect

ROLLS, PHOTOS, PEOPLE = 500, 20_000, 50_000
UNIT = "events/s"


def stream_of(world: World, topic: str, seed: int) -> Iterator[Encoded]:
    """The events that are measured in a topic, without end."""
    chance = random.Random(seed)
    return placements(world.ids, chance, ROLLS) if topic == "photos" else likes(world.ids, chance, PHOTOS, PEOPLE)


def ends(settings: Settings, topic: str) -> dict[int, int]:
    """The offset after the last record of each partition."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "bench-ends"})
    try:
        partitions = range(TOPICS[topic].partitions)
        return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in partitions}
    finally:
        consumer.close()


def begin_at(settings: Settings, topic: str, starts: dict[int, int], names: list[str]) -> None:
    """Makes a keyspace's projections begin where the log ends now."""
    session = connect(settings, "cassandra", settings.cassandra_password)
    columns = ", ".join(PROGRESS.columns)
    for partition, offset in starts.items():
        for name in names:
            session.execute(
                f"INSERT INTO {settings.keyspace}.progress_1 ({columns}) VALUES (%s, %s, %s, 1, %s)"
                f" USING TIMESTAMP {offset * 1024}",
                (topic, partition, name, offset),
            )
    disconnect(session)


def applied(world: World, sides: list[Side], stream: Iterator[Encoded], each: int, rounds: int) -> list[list[float]]:
    """Events a second of each side in each round; a short round before them, to warm up, doesn't count."""
    results: list[list[float]] = [[] for _ in sides]
    for number in range(-1, rounds):
        count = produce(world.settings, islice(stream, each if number >= 0 else each // 4))
        order = list(enumerate(sides)) if number % 2 else list(enumerate(sides))[::-1]  # each goes first in turn
        asked = {which: one.ask(count) for which, one in order}
        answers = [asked[which] for which in range(len(sides))]
        rates = [one["records"] / one["seconds"] for one in answers]
        cpu = ", ".join(f"{one['cpu'] / one['records'] * 1e6:.0f}" for one in answers)
        what = f"round {number + 1}" if number >= 0 else "warm-up"
        world.say(f"{what}: {told(rates)} {UNIT}; {cpu} µs of CPU an event")
        for of, rate in zip(results, rates, strict=True):
            if number >= 0:
                of.append(rate)
    return results


def rate_of(one: Side, count: int) -> float:
    """Events a second."""
    told = one.ask(count)
    return told["records"] / told["seconds"]


def measure(world: World, topic: str, name: str) -> Figure:
    """Both sides' medians."""
    each, rounds = (96_000, 5) if world.large else (12_000, 3)
    ours, plain = (world.keyspace(f"{name}_{whose}", topic) for whose in ("ours", "plain"))
    starts = ends(world.settings, topic)
    begin_at(ours, topic, starts, [projection.name for projection in of_topic(topic)])
    with (
        side(ours, "bench.ours.apply", topic) as our_side,
        side(plain, "bench.reference.apply", topic, json.dumps(starts)) as their_side,
    ):
        rates = applied(world, [our_side, their_side], stream_of(world, topic, 1), each, rounds)
    return compared(rates[0], rates[1], UNIT)


def told(rates: list[float]) -> str:
    """Rounds in words."""
    return ", ".join(f"{rate:,.0f}" for rate in rates)


def rows(world: World) -> dict[str, Figure]:
    """PhotoAddedToRoll: two row projections and two tallies."""
    return {"apply_rows": measure(world, "photos", "apply_rows")}


def tally(world: World) -> dict[str, Figure]:
    """PhotoLiked and PhotoUnliked, most of them about few photos: one tally, listed by time."""
    return {"apply_tally": measure(world, "reactions", "apply_tally")}
