"""growth: `apply_rows`, `apply_tally` and `api` on ten times the data, against themselves.

Two keyspaces, one with nothing in it (emptied before each round; for `api`, a tenth of the other's photos), and one
that holds ten times as much in the same rolls, sets and lists. Both take the same events, or the same requests, in
turn; the ratio is the median of five rounds' own.
"""

from itertools import islice

from bench.figures.apply import UNIT, begin_at, ends, rate_of, rates_text, stream_of
from bench.harness.api_data import Size, dataset
from bench.harness.figure import Figure, paired
from bench.harness.folding import fill
from bench.harness.load import prepare
from bench.harness.process import alternate, bench_process
from bench.harness.rates import compare
from bench.harness.screens import roll_photos
from bench.harness.servers import BenchServers
from bench.harness.serving import OURS, served
from bench.harness.stream import produce
from events.topics import FACTS
from projections.catalog import of_topic

TIMES = 10
PHOTOS_A_PERSON = 40
ROUNDS = 5


def apply_growth(servers: BenchServers, *, topic: str, name: str) -> Figure:
    """Measures a topic's app on little data and on much."""
    each = 50_000 if servers.large else 4_000
    few, many = (servers.keyspace(f"{name}_{size}", topic) for size in ("few", "many"))
    names = [projection.name for projection in of_topic(topic)]
    stream = stream_of(servers, topic, 21)
    begin_at(many, topic, ends(many, topic), names)
    rates: tuple[list[float], list[float]] = ([], [])
    with bench_process(many, "bench.ours.apply", topic) as large:
        large.request(produce(servers.settings, islice(stream, TIMES * each)))
        begin_at(few, topic, ends(few, topic), names)
        with bench_process(few, "bench.ours.apply", topic) as small:
            warm = produce(servers.settings, islice(stream, each // 4))
            alternate([large, small], 1, lambda one: rate_of(one, warm))
            for number in range(ROUNDS):
                servers.empty(few)
                count = produce(servers.settings, islice(stream, each))
                # The first of a pair still feels what the emptying left to be done, so they change places.
                for which in (0, 1) if number % 2 else (1, 0):
                    rates[which].append(rate_of((large, small)[which], count))
                servers.say(f"round {number + 1}: {rates_text([of[-1] for of in rates])} {UNIT}")
    return paired(ours=rates[0], reference=rates[1], unit=UNIT)


def api_growth(servers: BenchServers) -> Figure:
    """Measures a page of a roll of 400 photos, and of one of 40."""
    seconds = 10.0 if servers.large else 3.0
    few, many = (servers.keyspace(f"growth_api_{size}", *FACTS) for size in ("few", "many"))
    with served(many, OURS) as (much,), served(few, OURS) as (little,):
        for keyspace, side, times in ((few, little, 1), (many, much, TIMES)):
            data = dataset(Size(circles=1, photos_a_person=times * PHOTOS_A_PERSON, comments=0))
            fill(keyspace, data.events)
            prepare(side, roll_photos(keyspace, data.circles[0]))
        compared = compare(much, little, clients=16, seconds=seconds, rounds=ROUNDS)
    of_many, of_few = ([one.rate for one in side] for side in (compared.ours, compared.theirs))
    return paired(ours=of_many, reference=of_few, unit="requests/s")


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures all three."""
    return {
        "growth_apply_rows": apply_growth(servers, topic="photos", name="growth_rows"),
        "growth_apply_tally": apply_growth(servers, topic="reactions", name="growth_tally"),
        "growth_api": api_growth(servers),
    }
