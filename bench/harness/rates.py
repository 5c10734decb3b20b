"""Compares two services under the same load, in turn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from bench.harness.figure import Figure, Latency, compared
from bench.harness.load import Measured, send_again
from bench.harness.process import BenchProcess, alternate

Send = Callable[[BenchProcess], Measured]
WARM_SECONDS = 2.0  # for each side, before its first round


@dataclass(frozen=True)
class Compared:
    """What each round of both sides measured, from so many clients at once."""

    clients: int
    ours: list[Measured]
    theirs: list[Measured]

    @property
    def latency(self) -> Latency:
        """The rounds' medians."""

        def medians(name: str) -> tuple[float, float]:
            mine, other = (median(getattr(one, name) for one in side) for side in (self.ours, self.theirs))
            return mine, other

        return Latency(self.clients, medians("rate"), medians("p50"), medians("p95"))


def compare(ours: BenchProcess, theirs: BenchProcess, *, clients: int, seconds: float, rounds: int) -> Compared:
    """Sends both sides their requests over and over, A B A B, after a while that isn't measured."""
    alternate([ours, theirs], 1, lambda load: send_again(load, clients=clients, seconds=WARM_SECONDS))
    sides = alternate([ours, theirs], rounds, lambda load: send_again(load, clients=clients, seconds=seconds))
    return Compared(clients, *sides)


def figure_of(*measured: Compared) -> Figure:
    """Makes the figure of requests a second, from the first of some measurements; with the latencies of all."""
    ours, theirs = ([one.rate for one in side] for side in (measured[0].ours, measured[0].theirs))
    figure = compared(ours=ours, reference=theirs, unit="requests/s")
    return replace(figure, latencies=tuple(one.latency for one in measured))
