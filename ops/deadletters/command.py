"""`darkroom deadletters`: the records that were set aside; what they are, and doing them again."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from events.codec import Unreadable
from events.generated import Event
from events.positions import MalformedPosition, Position, parse_position
from events.settings import Settings, settings
from events.topics import TOPICS
from ops.deadletters import render
from ops.deadletters.click_types import MOMENT
from ops.deadletters.letters import TOPIC, Letter, Selection, letters
from ops.deadletters.preview import counted
from ops.deadletters.redrive import previewed, redriven
from ops.deadletters.session import Place, desk
from ops.errors import Problem
from ops.progress import progress
from ops.secrets import with_secrets
from processors.redrive.requests import APPLIED, RedriveRequest

SHOWN = 100  # positions that `list` shows unless told otherwise
DUMPED = 4096  # bytes that `show` shows unless told otherwise

topic_option = click.option("--topic", type=click.Choice([name for name in TOPICS if name != TOPIC]))
projection_option = click.option(
    "--projection", metavar="NAME", help="Only what this projection or processor set aside."
)
since_option = click.option("--since", type=MOMENT, help="Only what was set aside since: 2h, 3d, 2026-11-21T09:00.")
json_option = click.option("--json", "as_json", is_flag=True, help="For a script.")


class At(click.ParamType):
    """A position in the log."""

    name = "position"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Position:
        """The position; click's BadParameter if it is none."""
        try:
            return parse_position(value)
        except MalformedPosition as error:
            self.fail(str(error), param, ctx)


@click.group()
def deadletters() -> None:
    """Records that could not be decoded, folded or stored, and were set aside.

    \b
    Examples:
      darkroom deadletters list
      darkroom deadletters show reactions-3@41
      darkroom deadletters redrive --projection likers
    """


@deadletters.command("list")
@topic_option
@projection_option
@since_option
@click.option("--limit", default=SHOWN, show_default=True, help="The latest so many records; 0 for all.")
@json_option
def list_(topic: str | None, projection: str | None, since: datetime | None, limit: int, as_json: bool) -> None:
    """List them by position: when, who set it aside and why, and whether it was redriven since.

    A projection of «*» stands for all projections of the topic.

    \b
    Examples:
      darkroom deadletters list --topic reactions --since 2h
      darkroom deadletters list --limit 0 --json | jq -r '.letters[] | select(.redriven == null) | .position'
    """
    known = with_secrets(settings())
    selection = Selection((), topic, projection, since)
    found: dict[Place, render.Line] = {}
    with progress("reading dead letters") as tell:
        for letter in letters(known, since, tell):
            if selection.wants(letter):
                place = (letter.position, letter.projection)
                found[place] = render.line_of(letter, found.get(place))
    latest: dict[Position, datetime] = {}
    for (position, _), line in found.items():
        latest[position] = max(line.at, latest.get(position, line.at))
    shown = sorted(latest, key=lambda position: (latest[position], position))[-limit:]
    requests = asyncio.run(asked(known, shown))
    order = {position: number for number, position in enumerate(shown)}
    lines = [
        (place, found[place], requests.get(place))
        for place in sorted((place for place in found if place[0] in order), key=lambda each: (order[each[0]], each[1]))
    ]
    if as_json:
        click.echo(json.dumps({"records": len(latest), "letters": [render.form(*each) for each in lines]}))
    else:
        render.table(lines, len(latest))


@deadletters.command()
@click.argument("position", type=At())
@click.option("--full", is_flag=True, help="All bytes, not just the first 4 KiB.")
@json_option
def show(position: Position, full: bool, as_json: bool) -> None:
    """Show all that is known of the record at POSITION: who couldn't take it, its bytes, what they decode to now.

    Of personal fields it tells the length alone.

    \b
    Examples:
      darkroom deadletters show photos-3@41
      darkroom deadletters show photos-3@41 --json | jq -r '.letters[0].value' | xxd -r -p
    """
    known = with_secrets(settings())
    with progress("reading dead letters") as tell:
        found = [letter for letter in letters(known, None, tell) if letter.position == position]
    if not found:
        raise Problem(f"There is no dead letter of {position}: `darkroom deadletters list` has those that there are.")
    decoded, requests = asyncio.run(opened(known, found))
    form = render.whole(position, found, decoded, requests)
    if as_json:
        click.echo(json.dumps(form))
        return
    click.echo(f"{position}")
    for letter, told in zip(found, form["letters"], strict=True):
        click.echo(
            f"\nset aside {letter.at:%Y-%m-%d %H:%M:%S} UTC by {letter.projection} (generation {letter.generation})"
        )
        click.echo(f"reason    {letter.reason}\nletter    {letter.place}\nredriven  {told['redriven'] or 'no'}")
    last = found[-1]
    where = "; too many for the letter: they are in the log alone" if last.cut else ""
    click.echo(f"\n{last.size:,} bytes{where}\nkey")
    render.dump(last.key, None if full else DUMPED)
    click.echo("value")
    render.dump(last.value, None if full else DUMPED)
    click.echo("decodes to")
    click.echo(json.dumps(form["letters"][-1]["decoded"], indent=2))


@deadletters.command()
@click.argument("positions", type=At(), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that wasn't redriven with success yet.")
@projection_option
@topic_option
@since_option
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and end.")
@click.option("--patience", default=120.0, show_default=True, help="Seconds to wait for a worker's next answer.")
@json_option
def redrive(
    positions: tuple[Position, ...],
    everything: bool,
    projection: str | None,
    topic: str | None,
    since: datetime | None,
    yes: bool,
    dry_run: bool,
    patience: float,
    as_json: bool,
) -> None:
    """Have the workers do records again, after saying which, and wait for what comes of it.

    What was redriven with success before is left out, unless it is named by its POSITION. The exit status is 0 only
    if every record could be applied.

    \b
    Examples:
      darkroom deadletters redrive reactions-3@41
      darkroom deadletters redrive --projection likers --since 2h
      darkroom deadletters redrive --all --dry-run
    """
    if not (positions or everything or projection or topic or since):
        raise Problem("Say which: POSITION..., --projection NAME, --topic NAME, --since TIME, or --all.")
    if as_json and not (yes or dry_run):
        raise Problem("With --json nobody can be asked: add --yes, or --dry-run to see what it would do.")
    known = with_secrets(settings())
    told, outcomes = asyncio.run(
        run(known, Selection(positions, topic, projection, since), yes, dry_run, patience, as_json)
    )
    failed = {place: outcome for place, outcome in outcomes.items() if outcome != APPLIED}
    if as_json:
        done = [
            {"position": str(position), "projection": name, "outcome": outcome}
            for (position, name), outcome in sorted(outcomes.items())
        ]
        click.echo(json.dumps({"preview": told, "outcomes": done}))
    elif outcomes:
        click.echo(f"{len(outcomes) - len(failed):,} applied, {len(failed):,} failed.")
        counted(Counter(failed.values()))
    sys.exit(1 if failed else 0)


async def run(
    known: Settings, selection: Selection, yes: bool, dry_run: bool, patience: float, quiet: bool
) -> tuple[dict[str, Any], dict[Place, str]]:
    """Preview, question, requests: the preview and the outcomes. Problem; click's Abort if the answer is no."""
    async with desk(known) as at:
        with progress("reading dead letters") as tell:
            preview = await previewed(at, known, selection, tell)
        if not quiet:
            preview.say()
        if dry_run or not preview.places:
            return preview.form(), {}
        if not yes:
            await asyncio.to_thread(click.confirm, "Redrive them?", abort=True, err=True)
        with progress("redriving") as tell:
            return preview.form(), await redriven(at, sorted(preview.places), tell, patience)


async def asked(known: Settings, positions: Sequence[Position]) -> dict[Place, RedriveRequest]:
    """The requests about records. Problem."""
    async with desk(known) as at:
        return await at.known(positions)


async def opened(
    known: Settings, found: Sequence[Letter]
) -> tuple[list[Event | Unreadable | None], dict[Place, RedriveRequest]]:
    """What letters decode to (None: it was cut), and the requests about them. Problem."""
    async with desk(known) as at:
        requests = await at.known([letter.position for letter in found])
        decoded = await at.codec.decode([letter.value for letter in found])
    return [None if letter.cut else event for letter, event in zip(found, decoded, strict=True)], requests
