"""consume_floor: records a second through a Faust agent that does nothing, on our transport and on Faust's own.

Ours passes by copies, as every handler does, and takes a partition's records as one message; stock Faust takes one
record at a time. Both read the same topic from its beginning; the clock starts after the first records, and stock Faust
is stopped after fewer, because it is slower.
"""

import random
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from bench.figures.apply import rates_text
from bench.harness.figure import Figure, compared
from bench.harness.process import bench_process
from bench.harness.servers import BenchServers
from bench.harness.stream import Encoded, an_id, produce

TOPIC = "graph"
SKIPPED = 20_000  # before the clock starts: connections are made, caches filled
STOCK_SKIPPED = 2_000


def filler(chance: random.Random) -> Iterator[Encoded]:
    """Makes records of the size that most events have, each with an event id; nothing decodes them."""
    keys = [an_id(chance) for _ in range(1000)]
    rest = chance.randbytes(138)
    while True:
        key: UUID = chance.choice(keys)
        yield TOPIC, key, b"\0\0\0\0\1H" + str(an_id(chance)).encode() + rest


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures both sides."""
    total, stock, rounds = (4_000_000, 100_000, 5) if servers.large else (700_000, 30_000, 3)
    servers.say(f"consume_floor: producing {total:,} records")
    produce(servers.settings, islice(filler(random.Random(2)), total))
    settings, ours, faust = servers.settings, list[float](), list[float]()
    for number in range(rounds):
        with bench_process(settings, "bench.ours.consume_floor", TOPIC, total, SKIPPED, number) as one:
            ours.append(one.receive()["rate"])
        with bench_process(settings, "bench.reference.consume_floor", TOPIC, stock, STOCK_SKIPPED, number) as one:
            faust.append(one.receive()["rate"])
    servers.say(f"ours: {rates_text(ours)} faust: {rates_text(faust)}")
    return {"consume_floor": compared(ours=ours, reference=faust, unit="records/s")}
