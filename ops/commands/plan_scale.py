"""`darkroom plan scale`: what so many people need."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from events.settings import settings
from ops.commands.field_options import options_of
from ops.scale.assumptions import Assumptions
from ops.scale.figures import PERFORMANCE, Figures, read_figures
from ops.scale.plan import Plan
from ops.scale.plan import plan as planned_for
from ops.scale.report import lines


@click.command()
@click.option(
    "--figures",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What `make bench` wrote, or a page with its tables; if it isn't given, .darkroom/bench.json, and "
    "docs/performance.md where that isn't there.",
)
@click.option(
    "--partitions", type=click.IntRange(min=1, max=4096), default=64, show_default=True, help="that each topic has"
)
@options_of(Assumptions)
@click.option("--json", "as_json", is_flag=True, help="Print all of it, in full, as one object.")
def scale(path: Path | None, partitions: int, as_json: bool, **given: Any) -> None:
    """Print what so many people need at the busiest moment: events, processes, partitions, nodes, bytes.

    Every option is an assumption; what is measured comes from the figures. What an event costs follows from the
    projections, which fold its example. The busiest moment is the busiest hour with nine o'clock of the largest zone,
    at which that zone's photos develop, on top of it.

    \b
    Examples:
      darkroom plan scale
      darkroom plan scale --people 1000000 --photos 5
      darkroom plan scale --figures docs/performance.md --nine-minutes 2 --json
    """
    a, figures = Assumptions(**given), read_figures(path or default_figures())
    planned = planned_for(a, figures, partitions)
    if as_json:
        click.echo(json.dumps(in_full(a, figures, planned), indent=1))
    else:
        click.echo("\n".join(lines(a, figures, planned, partitions)))


def default_figures() -> Path:
    """What the last `make bench` wrote here, or the page with the figures."""
    measured = settings().home / "bench.json"
    return measured if measured.exists() else PERFORMANCE


def in_full(a: Assumptions, figures: Figures, planned: Plan) -> dict[str, Any]:
    """All of a plan in JSON, with what it was made of."""
    assumed = {one.name: getattr(a, one.name) for one in fields(a)}
    return {"assumptions": assumed, "figures": figures.source} | asdict(planned)
