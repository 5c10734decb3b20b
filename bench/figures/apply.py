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
from bench.harness.process import BenchProcess, bench_process
from bench.harness.servers import BenchServers
from bench.harness.stream import Encoded, likes, placements, produce
from events.settings import Settings
from events.topics import even
from projections.catalog import of_topic
from projections.store.cassandra import connect, disconnect

# So many rolls that nearly each photo is put into another one: in few, a batch's rows and sets fall together.
ROLLS, PHOTOS, PEOPLE = 1_000_000, 20_000, 50_000
UNIT = "events/s"


def stream_of(servers: BenchServers, topic: str, seed: int) -> Iterator[Encoded]:
    """Makes the events that are measured in a topic, without end."""
    chance = random.Random(seed)
    return (
        placements(servers.ids, chance, ROLLS)
        if topic == "photos"
        else likes(servers.ids, chance, photos=PHOTOS, people=PEOPLE)
    )


def ends(settings: Settings, topic: str) -> dict[int, int]:
    """Finds the offset after the last record of each partition."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "bench-ends"})
    try:
        partitions = even(settings.partitions).each(topic)
        return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in partitions}
    finally:
        consumer.close()


def begin_at(settings: Settings, topic: str, starts: dict[int, int], names: list[str]) -> None:
    """Writes progress, so that a keyspace's projections begin at these offsets."""
    session = connect(settings, "cassandra", settings.cassandra_password)
    columns = "topic, partition, projection, generation, offset"
    for partition, offset in starts.items():
        for name in names:
            session.execute(
                f"INSERT INTO {settings.keyspace}.progress_1 ({columns}) VALUES (%s, %s, %s, 1, %s)"
                f" USING TIMESTAMP {offset * 1024}",
                (topic, partition, name, offset),
            )
    disconnect(session)


def measure_rounds(
    servers: BenchServers, sides: list[BenchProcess], stream: Iterator[Encoded], *, each: int, rounds: int
) -> list[list[float]]:
    """Measures events a second of each side in each round, after a short round to warm up."""
    results: list[list[float]] = [[] for _ in sides]
    for number in range(-1, rounds):
        count = produce(servers.settings, islice(stream, each if number >= 0 else each // 4))
        order = list(enumerate(sides)) if number % 2 else list(enumerate(sides))[::-1]  # each goes first in turn
        replies_of = {which: one.request(count) for which, one in order}
        replies = [replies_of[which] for which in range(len(sides))]
        rates = [one["records"] / one["seconds"] for one in replies]
        cpu = ", ".join(f"{one['cpu'] / one['records'] * 1e6:.0f}" for one in replies)
        requests = ", ".join(f"{one['requests'] / one['records']:.2f}" for one in replies)
        what = f"round {number + 1}" if number >= 0 else "warm-up"
        servers.say(f"{what}: {rates_text(rates)} {UNIT}; {cpu} µs of CPU and {requests} requests an event")
        for result, rate in zip(results, rates, strict=True):
            if number >= 0:
                result.append(rate)
    return results


def rate_of(one: BenchProcess, count: int) -> float:
    """Measures events a second."""
    reply = one.request(count)
    return reply["records"] / reply["seconds"]


def measure(servers: BenchServers, *, topic: str, name: str) -> Figure:
    """Measures both sides."""
    each, rounds = (96_000, 5) if servers.large else (12_000, 3)
    ours, plain = (servers.keyspace(f"{name}_{whose}", topic) for whose in ("ours", "plain"))
    starts = ends(servers.settings, topic)
    begin_at(ours, topic, starts, [projection.name for projection in of_topic(topic)])
    with (
        bench_process(ours, "bench.ours.apply", topic) as our_side,
        bench_process(plain, "bench.reference.apply", topic, json.dumps(starts)) as their_side,
    ):
        rates = measure_rounds(servers, [our_side, their_side], stream_of(servers, topic, 1), each=each, rounds=rounds)
    return compared(ours=rates[0], reference=rates[1], unit=UNIT)


def rates_text(rates: list[float]) -> str:
    """Lists rates for a line of progress."""
    return ", ".join(f"{rate:,.0f}" for rate in rates)


def rows(servers: BenchServers) -> dict[str, Figure]:
    """Measures PhotoAddedToRoll: two row projections and two tallies."""
    return {"apply_rows": measure(servers, topic="photos", name="apply_rows")}


def tally(servers: BenchServers) -> dict[str, Figure]:
    """Measures PhotoLiked and PhotoUnliked, most of them about few photos: one tally, listed by time."""
    return {"apply_tally": measure(servers, topic="reactions", name="apply_tally")}
