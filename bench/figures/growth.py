"""growth: `apply_rows`, `apply_tally` and `api` on ten times the data, against themselves.

Two keyspaces, one with nothing in it (emptied before each round; `api`: one helping) and one that holds ten helpings
in the same rolls, sets and lists. Both take the same events, or the same requests, in turn; the ratio is the median of
five rounds' own.
"""

from itertools import islice

from bench.figures.api import PHOTOS_A_ROLL, ROLLS, rate, served
from bench.figures.apply import UNIT, begin_at, ends, rate_of, stream_of, told
from bench.harness.api_data import fill
from bench.harness.figure import Figure, paired
from bench.harness.side import in_turn, side
from bench.harness.stream import produce
from bench.harness.world import World
from events.topics import FACTS
from projections.catalog import of_topic

TIMES = 10
ROUNDS = 5


def applying(world: World, topic: str, name: str) -> Figure:
    """A topic's app on little and on much."""
    each = 50_000 if world.large else 4_000
    few, many = (world.keyspace(f"{name}_{size}", topic) for size in ("few", "many"))
    names = [projection.name for projection in of_topic(topic)]
    stream = stream_of(world, topic, 21)
    begin_at(many, topic, ends(many, topic), names)
    rates: tuple[list[float], list[float]] = ([], [])
    with side(many, "bench.ours.apply", topic) as large:
        large.ask(produce(world.settings, islice(stream, TIMES * each)))
        begin_at(few, topic, ends(few, topic), names)
        with side(few, "bench.ours.apply", topic) as small:
            warm = produce(world.settings, islice(stream, each // 4))
            in_turn([large, small], 1, lambda one: rate_of(one, warm))
            for number in range(ROUNDS):
                world.empty(few)
                count = produce(world.settings, islice(stream, each))
                # The first of a pair still feels what the emptying left to be done, so they change places.
                for which in (0, 1) if number % 2 else (1, 0):
                    rates[which].append(rate_of((large, small)[which], count))
                world.say(f"round {number + 1}: {told([of[-1] for of in rates])} {UNIT}")
    return paired(rates[0], rates[1], UNIT)


def asking(world: World) -> Figure:
    """A page of a roll of 600 photos, and of one of 60."""
    seconds = 10.0 if world.large else 3.0
    few, many = (world.keyspace(f"growth_api_{size}", *FACTS) for size in ("few", "many"))
    small, large = fill(few, ROLLS, PHOTOS_A_ROLL), fill(many, ROLLS, TIMES * PHOTOS_A_ROLL)
    with served(many, "api.app:app", large) as much, served(few, "api.app:app", small) as little:
        in_turn([much, little], 1, lambda load: rate(load, 2.0))
        rates = in_turn([much, little], ROUNDS, lambda load: rate(load, seconds))
    return paired(rates[0], rates[1], "requests/s")


def measure(world: World) -> dict[str, Figure]:
    """All three."""
    return {
        "growth_apply_rows": applying(world, "photos", "growth_rows"),
        "growth_apply_tally": applying(world, "reactions", "growth_tally"),
        "growth_api": asking(world),
    }
