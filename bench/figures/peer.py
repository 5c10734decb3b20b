"""peer: the app's screens and a like, against FastAPI, asyncpg and PostgreSQL: what would be picked instead.

Both sides hold the same people, rolls and photos, check tokens, and run in one process of uvicorn each; the same client
asks both for the same, in turn. `peer_*`: requests a second of sixteen clients, over two circles of people whose rows
have been asked for before. `peer_*_cold`: processes that have just started and have answered for one other circle;
each request is sent once, and shows photos, lists, and mostly people that none before it showed. (A roll page's ten
people come again in ten pages; a photo's authors and rolls come again, its own rows don't.) Both databases stay up, so
what they keep in memory stays there. `peer_write`: likes, each of which is new; ours is answered when Kafka has it,
theirs when PostgreSQL has committed it, both as durable as they come.
"""

import asyncio
from dataclasses import dataclass
from itertools import chain, zip_longest
from random import Random

from bench.harness.api_data import Circle, Size, dataset
from bench.harness.figure import Figure
from bench.harness.folding import fill
from bench.harness.load import Ask, Measured, prepare, send_again, send_once
from bench.harness.process import BenchProcess, alternate
from bench.harness.rates import Compared, compare, figure_of
from bench.harness.screens import SCREENS, like
from bench.harness.servers import BenchServers
from bench.harness.serving import GATEWAY, OURS, Service, served
from bench.peers.postgres.fill import fill as fill_postgres
from bench.peers.postgres.server import postgres
from events.generated import Event
from events.settings import Settings

CLIENTS = 16
WARM_CIRCLES = 2
MOST_COLD = 600
EVERYTHING = 100.0  # seconds: until no requests are left
JAVA_WARM = 5.0  # seconds until Cassandra's reads are compiled


@dataclass(frozen=True)
class Population:
    """Circles of ten people; and circles of two, of whom one sees nothing that somebody of another circle sees."""

    events: list[Event]
    circles: list[Circle]
    pairs: list[Circle]

    def cold(self, settings: Settings, name: str) -> list[Ask]:
        """The requests of one screen that have as little in common as can be; the first circle isn't in them."""
        if name in ("profile", "my_rolls"):
            return [SCREENS[name](settings, circle)[0] for circle in self.pairs]
        in_turn = zip_longest(*(SCREENS[name](settings, circle) for circle in self.circles[1:]))
        return [ask for ask in chain.from_iterable(in_turn) if ask is not None][:MOST_COLD]


def population(*, circles: int, pairs: int) -> Population:
    """Makes so many circles of each size."""
    data = dataset(Size(circles=circles), Size(circles=pairs, people=2, likes=1, comments=0))
    return Population(data.events, data.circles[:circles], data.circles[circles:])


def measure(servers: BenchServers) -> dict[str, Figure]:
    """Measures all screens and the write."""
    people = population(circles=30, pairs=200) if servers.large else population(circles=7, pairs=40)
    settings = servers.whole_keyspace("peer")
    with postgres() as url:
        fill(settings, people.events)
        asyncio.run(fill_postgres(url, people.events))
        servers.say(f"both sides hold {len(people.events):,} events")
        sides = Sides(servers, settings, url)
        figures = sides.warm(people)
        for name in SCREENS:
            figures[f"peer_{name}_cold"] = sides.cold(name, people)
        return figures | {"peer_write": sides.write(people)}


class Sides:
    """Both sides' services, started anew for each measurement."""

    def __init__(self, servers: BenchServers, settings: Settings, url: str):
        self._servers, self._settings = servers, settings
        self._peer = Service("bench.peers.postgres.app:app", {"PEER_URL": url})
        self._seconds, self._rounds = (10.0, 5) if servers.large else (2.0, 3)

    def warm(self, people: Population) -> dict[str, Figure]:
        """Measures screens whose rows have been asked for, from sixteen clients and from one."""
        figures: dict[str, Figure] = {}
        circles = people.circles[:WARM_CIRCLES]
        sent = {name: [ask for one in circles for ask in asks(self._settings, one)] for name, asks in SCREENS.items()}
        with served(self._settings, OURS, self._peer) as (ours, theirs):
            for side in (ours, theirs):
                prepare(side, list(chain(*sent.values())))
                send_again(side, clients=CLIENTS, seconds=JAVA_WARM)
            for name in SCREENS:
                for side in (ours, theirs):
                    prepare(side, sent[name])
                    send_once(side, clients=CLIENTS, seconds=EVERYTHING)
                measured = [
                    compare(ours, theirs, clients=clients, seconds=self._seconds, rounds=self._rounds)
                    for clients in (CLIENTS, 1)
                ]
                figures[f"peer_{name}"] = self._said(name, figure_of(*measured))
        return figures

    def cold(self, name: str, people: Population) -> Figure:
        """Measures each request once, in processes that have answered those of another circle only."""
        rounds: list[list[Measured]] = [[], []]
        for number in range(self._rounds):
            with served(self._settings, OURS, self._peer) as (ours, theirs):
                for side in (ours, theirs):
                    prepare(side, SCREENS[name](self._settings, people.circles[0]))
                    send_again(side, clients=CLIENTS, seconds=1.0)
                    prepare(side, people.cold(self._settings, name))
                for which in (0, 1) if number % 2 else (1, 0):
                    rounds[which].append(send_once((ours, theirs)[which], clients=CLIENTS, seconds=EVERYTHING))
        return self._said(f"{name}, cold", figure_of(Compared(CLIENTS, *rounds)))

    def write(self, people: Population) -> Figure:
        """Measures likes that nobody gave yet, by people in no order."""
        asks = [ask for circle in (*people.circles, *people.pairs) for ask in like(self._settings, circle)]
        Random(1).shuffle(asks)
        most = len(asks) // (2 * self._rounds + 1)  # of a round, so that the last has as many as the first
        with served(self._settings, GATEWAY, self._peer) as (ours, theirs):
            for side in (ours, theirs):
                prepare(side, asks)
                send_once(side, clients=CLIENTS, seconds=1.0, most=most)
            measured = [Compared(clients, *self._written(ours, theirs, clients, most)) for clients in (CLIENTS, 1)]
        return self._said("write", figure_of(*measured))

    def _written(self, ours: BenchProcess, theirs: BenchProcess, clients: int, most: int) -> list[list[Measured]]:
        def one(load: BenchProcess) -> Measured:
            return send_once(load, clients=clients, seconds=self._seconds, most=most)

        return alternate([ours, theirs], self._rounds, one)

    def _said(self, name: str, figure: Figure) -> Figure:
        self._servers.say(f"{name}: {figure.ours:.0f} and {figure.reference:.0f} requests/s")
        return figure
