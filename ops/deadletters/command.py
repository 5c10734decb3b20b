"""`darkroom deadletters`: lists and shows the records that were set aside, and has them redriven."""

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
from events.positions import Position
from events.settings import Settings, settings
from events.topics import TOPICS
from ops.deadletters import render
from ops.deadletters.click_types import POSITION, TIME
from ops.deadletters.letters import TOPIC, Letter, LetterId, Selection, letters
from ops.deadletters.preview import FOLDED, print_reasons
from ops.deadletters.redrive import cancel_requests, preview_redrive, request_redrive
from ops.deadletters.session import open_session
from ops.errors import OperatorError
from ops.progress import progress
from ops.secrets import with_secrets
from processors.redrive.requests import APPLIED, RedriveRequest

SHOWN = 100  # positions that `list` shows unless told otherwise
DUMPED = 4096  # bytes that `show` shows unless told otherwise

topic_option = click.option("--topic", type=click.Choice([name for name in TOPICS if name != TOPIC]))
projection_option = click.option("--projection", metavar="NAME", help="Only what this projection or reactor set aside.")
since_option = click.option("--since", type=TIME, help="Only what was set aside since: 2h, 3d, 2026-11-21T09:00.")
json_option = click.option("--json", "as_json", is_flag=True, help="For a script.")


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
    chosen = with_secrets(settings())
    selection = Selection((), topic, projection, since)
    found: dict[LetterId, render.Line] = {}
    with progress("reading dead letters") as report:
        for letter in letters(chosen, since, report):
            if selection.wants(letter):
                found[letter.id] = render.line_of(letter, found.get(letter.id))
    latest: dict[Position, datetime] = {}
    for (position, _), line in found.items():
        latest[position] = max(line.at, latest.get(position, line.at))
    shown = sorted(latest, key=lambda position: (latest[position], position))[-limit:]
    requests = asyncio.run(requests_for(chosen, shown))
    order = {position: number for number, position in enumerate(shown)}
    lines = [
        (letter, found[letter], requests.get(letter))
        for letter in sorted((id_ for id_ in found if id_[0] in order), key=lambda id_: (order[id_[0]], id_[1]))
    ]
    again = [request for letter, request in requests.items() if letter not in found and letter[0] in order]
    if as_json:
        letters_json = [render.line_json(*each) for each in lines]
        looks = [render.look_json(request) for request in again]
        click.echo(json.dumps({"records": len(latest), "letters": letters_json, "looking_again": looks}))
    else:
        render.table(lines, len(latest))
        render.looks(again)


@deadletters.command()
@click.argument("position", type=POSITION)
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
    chosen = with_secrets(settings())
    with progress("reading dead letters") as report:
        found = [letter for letter in letters(chosen, None, report) if letter.position == position]
    if not found:
        raise OperatorError(
            f"There is no dead letter of {position}: `darkroom deadletters list` has those that there are."
        )
    decoded, requests = asyncio.run(decode(chosen, found))
    form = render.record_json(position, found, decoded, requests)
    if as_json:
        click.echo(json.dumps(form))
        return
    click.echo(f"{position}")
    for letter, letter_json in zip(found, form["letters"], strict=True):
        click.echo(
            f"\nset aside {letter.at:%Y-%m-%d %H:%M:%S} UTC by {letter.projection} (generation {letter.generation})"
        )
        click.echo(
            f"reason    {letter.reason}\nletter    {letter.stored_at}\nredriven  {letter_json['redriven'] or 'no'}"
        )
    last = found[-1]
    where = "; too many for the letter: they are in the log alone" if last.cut else ""
    click.echo(f"\n{last.size:,} bytes{where}\nkey")
    render.dump(last.key, None if full else DUMPED)
    click.echo("value")
    render.dump(last.value, None if full else DUMPED)
    click.echo("decodes to")
    click.echo(json.dumps(form["letters"][-1]["decoded"], indent=2))


@deadletters.command()
@click.argument("positions", type=POSITION, nargs=-1)
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
        raise OperatorError("Say which: POSITION..., --projection NAME, --topic NAME, --since TIME, or --all.")
    if as_json and not (yes or dry_run):
        raise OperatorError("With --json nobody can be asked: add --yes, or --dry-run to see what it would do.")
    chosen = with_secrets(settings())
    selection = Selection(positions, topic, projection, since)
    preview, outcomes = asyncio.run(
        preview_and_redrive(chosen, selection, patience, yes=yes, dry_run=dry_run, quiet=as_json)
    )
    failed = {letter: outcome for letter, outcome in outcomes.items() if outcome != APPLIED}
    if as_json:
        done = [
            {"position": str(position), "projection": name, "outcome": outcome}
            for (position, name), outcome in sorted(outcomes.items())
        ]
        click.echo(json.dumps({"preview": preview, "outcomes": done}))
    elif outcomes:
        click.echo(f"{len(outcomes) - len(failed):,} applied, {len(failed):,} failed.")
        if names := sorted({name for _, name in outcomes} - FOLDED):
            click.echo(f"{', '.join(names)} looked at them again.")
        print_reasons(Counter(failed.values()))
    sys.exit(1 if failed else 0)


@deadletters.command()
@projection_option
@topic_option
@click.option("--all", "everything", is_flag=True, help="All requests.")
def cancel(projection: str | None, topic: str | None, everything: bool) -> None:
    """Take requests back that no worker has done yet: those of a redrive that was interrupted, say.

    \b
    Examples:
      darkroom deadletters cancel --all
      darkroom deadletters cancel --topic reactions --projection likers
    """
    if not (everything or projection or topic):
        raise OperatorError("Say which: --projection NAME, --topic NAME, or --all.")
    cancelled = asyncio.run(cancel_all(with_secrets(settings()), Selection((), topic, projection, None)))
    click.echo(f"{cancelled:,} requests were taken back.")


async def cancel_all(chosen: Settings, selection: Selection) -> int:
    """Takes requests back. Returns how many. Raises StoreUnavailable."""
    async with open_session(chosen) as session:
        return await cancel_requests(session, selection)


async def preview_and_redrive(
    chosen: Settings, selection: Selection, patience: float, *, yes: bool, dry_run: bool, quiet: bool
) -> tuple[dict[str, Any], dict[LetterId, str]]:
    """Shows what a redrive would do, asks whether to go on, and redrives. Returns the preview and the outcomes.

    - `patience`: seconds to wait for a worker's next answer
    - `yes`: go on without asking
    - `dry_run`: end after the preview
    - `quiet`: print nothing of the preview

    Raises OperatorError, and click's Abort if the answer is no."""
    async with open_session(chosen) as session:
        with progress("reading dead letters") as report:
            preview = await preview_redrive(session, chosen, selection, report)
        if not quiet:
            preview.print()
        if dry_run or not preview.letters:
            return preview.to_json(), {}
        if not yes:
            await asyncio.to_thread(click.confirm, "Redrive them?", abort=True, err=True)
        try:
            with progress("redriving") as report:
                return preview.to_json(), await request_redrive(session, sorted(preview.letters), report, patience)
        except asyncio.CancelledError:  # Ctrl-C
            click.echo(
                "The requests stand: workers go on with them. `darkroom deadletters cancel` takes back the rest."
            )
            raise


async def requests_for(chosen: Settings, positions: Sequence[Position]) -> dict[LetterId, RedriveRequest]:
    """Reads the redrive requests about records. Raises StoreUnavailable."""
    async with open_session(chosen) as session:
        return await session.requests_for(positions)


async def decode(
    chosen: Settings, found: Sequence[Letter]
) -> tuple[list[Event | Unreadable | None], dict[LetterId, RedriveRequest]]:
    """Decodes letters (None: its record was cut), and reads the redrive requests about them. Raises StoreUnavailable,
    KeysUnavailable, RegistryUnavailable."""
    async with open_session(chosen) as session:
        requests = await session.requests_for([letter.position for letter in found])
        decoded = await session.codec.decode([letter.value for letter in found])
    return [None if letter.cut else event for letter, event in zip(found, decoded, strict=True)], requests
