"""consume_floor: records a second through a Faust agent that does nothing, on our transport and on Faust's own.

Ours takes a partition's records as one message; stock Faust one record at a time. Both read the same topic from its
beginning; the clock starts after the first records, and stock Faust is stopped after fewer, because it is slower.
"""

import random
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from bench.figures.apply import told
from bench.harness.figure import Figure, compared
from bench.harness.side import side
from bench.harness.stream import Encoded, an_id, produce
from bench.harness.world import World

TOPIC = "graph"
SKIPPED = 20_000  # before the clock starts: connections are made, caches filled
STOCK_SKIPPED = 2_000


def filler(chance: random.Random) -> Iterator[Encoded]:
    """Records of the size that most events have; nobody decodes them."""
    keys = [an_id(chance) for _ in range(1000)]
    value = chance.randbytes(180)
    while True:
        key: UUID = chance.choice(keys)
        yield TOPIC, key, value


def measure(world: World) -> dict[str, Figure]:
    """Both sides' medians."""
    total, stock, rounds = (4_000_000, 100_000, 5) if world.large else (700_000, 30_000, 3)
    world.say(f"consume_floor: producing {total:,} records")
    produce(world.settings, islice(filler(random.Random(2)), total))
    ours, faust = list[float](), list[float]()
    for number in range(rounds):
        with side(world.settings, "bench.ours.consume_floor", TOPIC, total, SKIPPED, number) as one:
            ours.append(one.hear()["rate"])
        with side(world.settings, "bench.reference.consume_floor", TOPIC, stock, STOCK_SKIPPED, number) as one:
            faust.append(one.hear()["rate"])
    world.say(f"ours: {told(ours)} faust: {told(faust)}")
    return {"consume_floor": compared(ours, faust, "records/s")}
