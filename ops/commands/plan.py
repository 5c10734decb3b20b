"""`darkroom plan`: computes beforehand what the tables bear, and what so many people need."""

import json
from dataclasses import asdict

import click

from events.settings import settings
from ops.commands.field_options import options_of
from ops.commands.plan_scale import scale
from ops.errors import OperatorError
from ops.partition_plan import MOST_BYTES, MOST_ROWS, Extremes, Planned
from ops.partition_plan import plan as planned_for


@click.group()
def plan() -> None:
    """What the tables bear, and what so many people need: computed, no server is asked.

    \b
    Examples:
      darkroom plan partitions --partitions 64
      darkroom plan scale --people 10000000
    """


plan.add_command(scale)


@plan.command()
@click.option(
    "--partitions",
    "number",
    type=click.IntRange(min=1),
    help="How many each topic of the log has; if it isn't given, what DARKROOM_PARTITIONS says.",
)
@options_of(Extremes)
@click.option("--json", "as_json", is_flag=True, help="Print a list of table, key, rows, bytes and too_large.")
def partitions(number: int | None, as_json: bool, **given: int) -> None:
    """Print each table's largest partition in rows and MB, and fail if one is above 100,000 rows or 100 MB.

    It follows from how the log is divided, from the tables' keys and columns, from how sets are split and lists cut by
    time, and from the extremes that are given. No server is asked.

    \b
    Examples:
      darkroom plan partitions --partitions 64
      darkroom plan partitions --partitions 128 --followers 100000000 --json
    """
    chosen = number or settings().partitions
    planned = planned_for(Extremes(**given), chosen)
    if as_json:
        click.echo(json.dumps([asdict(one) | {"too_large": one.too_large} for one in planned], indent=1))
    else:
        show(planned)
    if beyond := [one.table for one in planned if one.too_large]:
        raise OperatorError(
            f"With {chosen} partitions a topic, {', '.join(beyond)} may have partitions above {MOST_ROWS:,} rows or "
            f"{MOST_BYTES // 1_000_000} MB. Plan for more partitions (before the topics are made), or give the tally "
            "more splits or the list a finer bucket (before its table is filled)."
        )


def show(planned: list[Planned]) -> None:
    """Prints the tables, the largest partition first."""
    click.echo(f"{'table':24}{'partition key':24}{'rows':>10}{'MB':>8}")
    for one in sorted(planned, key=lambda each: each.rows, reverse=True):
        mark = "  too large" if one.too_large else ""
        click.echo(f"{one.table:24}{', '.join(one.key):24}{one.rows:>10,}{one.bytes / 1e6:>8.1f}{mark}")
