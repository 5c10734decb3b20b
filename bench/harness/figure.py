"""The figures that are measured, and their targets."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Latency:
    """Requests a second from some clients at once, and milliseconds for one: medians of rounds, ours and theirs."""

    clients: int
    rates: tuple[float, float]
    p50: tuple[float, float]
    p95: tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """Both sides' medians, in `unit`, and the ratio between them; of requests, how long they took as well."""

    ours: float
    reference: float
    ratio: float
    unit: str
    latencies: tuple[Latency, ...] = ()

    @classmethod
    def of(cls, *, ours: float, reference: float, unit: str) -> "Figure":
        """Makes the figure of two values."""
        return cls(ours, reference, ours / reference, unit)


@dataclass(frozen=True)
class Target:
    """The bound that a ratio must reach or, for durations, must not exceed."""

    bound: float
    at_most: bool = False

    def met(self, ratio: float) -> bool:
        """Returns whether a ratio meets the target."""
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}"


TARGETS = {
    "apply_rows": Target(0.8),
    "apply_tally": Target(0.8),
    "consume_floor": Target(30),
    "copies": Target(0.3, at_most=True),
    "filter": Target(2.5, at_most=True),
    "visible": Target(10, at_most=True),
    "api": Target(0.7),
    "page_p50": Target(8, at_most=True),
    "peer_roll_page": Target(1.0),
    "peer_profile": Target(1.0),
    "peer_photo_with_comments": Target(1.0),
    "peer_my_rolls": Target(1.0),
    "peer_roll_page_cold": Target(0.5),
    "peer_profile_cold": Target(0.5),
    "peer_photo_with_comments_cold": Target(0.5),
    "peer_my_rolls_cold": Target(0.5),
    "peer_write": Target(0.7),
    "develop": Target(0.5),
    "expand": Target(0.6),
    "growth_apply_rows": Target(0.85),
    "growth_apply_tally": Target(0.85),
    "growth_api": Target(0.95),
}


def compared(*, ours: list[float], reference: list[float], unit: str) -> Figure:
    """Compares the medians of rounds that were run in turn."""
    return Figure.of(ours=median(ours), reference=median(reference), unit=unit)


def paired(*, ours: list[float], reference: list[float], unit: str) -> Figure:
    """Compares as `compared`, but the ratio is the median of the rounds' own: for rounds with different noise."""
    ratio = median(mine / theirs for mine, theirs in zip(ours, reference, strict=True))
    return Figure(median(ours), median(reference), ratio, unit)


def show(figures: Mapping[str, Figure], console: Console) -> None:
    """Prints the table, with what was met and what was missed."""
    table = Table(title="Darkroom against the least that could do the same, and peers", title_justify="left")
    for column in ("figure", "ours", "reference", "ratio", "target", ""):
        table.add_column(column, justify="right" if column in ("ours", "reference", "ratio") else "left", no_wrap=True)
    for name, figure in figures.items():
        target = TARGETS.get(name)
        verdict = "" if target is None else "[green]met[/]" if target.met(figure.ratio) else "[red]missed[/]"
        ours, reference = (
            f"{value:,.0f}" if value >= 100 else f"{value:.1f}" for value in (figure.ours, figure.reference)
        )
        table.add_row(
            name,
            f"{ours} {figure.unit}",
            f"{reference} {figure.unit}",
            f"{figure.ratio:.2f}",
            str(target or ""),
            verdict,
        )
    console.print(table)
    show_latencies(figures, console)


def show_latencies(figures: Mapping[str, Figure], console: Console) -> None:
    """Prints how long requests took, where that was measured."""
    rows = [(name, latency) for name, figure in figures.items() for latency in figure.latencies]
    if not rows:
        return
    table = Table(title="Requests/s, and milliseconds for one: ours, theirs", title_justify="left")
    for column in ("figure", "clients", "requests/s", "p50", "p95"):
        table.add_column(column, justify="left" if column == "figure" else "right", no_wrap=True)
    for name, latency in rows:
        pairs = (f"{ours:,.1f}, {theirs:,.1f}" for ours, theirs in (latency.rates, latency.p50, latency.p95))
        table.add_row(name, str(latency.clients), *pairs)
    console.print(table)


def write(figures: Mapping[str, Figure], path: Path) -> None:
    """Writes the figures as JSON; what an earlier run measured and this one didn't stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(earlier | {name: asdict(figure) for name, figure in figures.items()}, indent=1) + "\n")
