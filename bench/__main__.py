"""`python -m bench [NAMES…]`: measures, prints, and writes `.darkroom/bench.json`."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from bench.figures import api, apply, consume_floor, copies, develop, expand, filter, growth, peer, visible
from bench.harness.figure import TARGETS, Figure, show, write
from bench.harness.servers import BenchServers, bench_servers

FIGURES: dict[str, Callable[[BenchServers], dict[str, Figure]]] = {
    "filter": filter.measure,
    "consume_floor": consume_floor.measure,
    "copies": copies.measure,
    "apply_rows": apply.rows,
    "apply_tally": apply.tally,
    "visible": visible.measure,
    "api": api.measure,
    "peer": peer.measure,
    "develop": develop.measure,
    "expand": expand.measure,
    "growth": growth.measure,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--size", type=click.Choice(["default", "large"]), default="default", help="large: more data and rounds.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(".darkroom/bench.json"), help="Where to write it.")
def main(names: tuple[str, ...], size: str, out: Path) -> None:
    """Measure Darkroom against references written by hand, on local servers of its own.

    NAMES are some of filter, consume_floor, copies, apply_rows, apply_tally, visible, api, peer, develop, expand,
    growth; all of them if none is given. Every figure runs both sides in turn and reports medians. Exit status 0 if
    all were measured, whether or not targets were met.

    \b
    Examples:
      python -m bench
      python -m bench apply_rows apply_tally --size large
    """
    if unknown := set(names) - set(FIGURES):
        raise click.UsageError(f"There is no {', '.join(sorted(unknown))}: choose from {', '.join(FIGURES)}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as after Ctrl-C, servers and their data are cleared away
    console = Console(stderr=not sys.stdout.isatty(), highlight=False)
    figures: dict[str, Figure] = {}
    failed: list[str] = []
    began = time.monotonic()
    with bench_servers(console, size == "large") as servers:
        for name in names or FIGURES:
            console.print(f"[bold]{name}[/] …")
            since = time.monotonic()
            try:
                figures |= FIGURES[name](servers)
            except Exception:
                console.print_exception()
                failed.append(name)
            servers.drop()
            write(figures, out)
            servers.say(f"{name} took {time.monotonic() - since:.0f} s")
    show(figures, Console(highlight=False, width=None if sys.stdout.isatty() else 110))
    aimed = [name for name in figures if name in TARGETS]
    missed = [name for name in aimed if not TARGETS[name].met(figures[name].ratio)]
    met = f"{len(aimed) - len(missed)} of {len(aimed)} targets met"
    took = f"{time.monotonic() - began:.0f} s; written to {out}"
    Console(highlight=False).print(f"{met}{'; missed: ' + ', '.join(missed) if missed else ''}. {took}", soft_wrap=True)
    if failed:
        raise SystemExit(f"Not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
