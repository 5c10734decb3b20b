"""Renders dead letters as a table or as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from events.codec import SCHEMA_OF, Unreadable
from events.generated import Event
from events.json_form import to_json
from events.positions import Position
from ops.deadletters.letters import Letter, LetterId
from processors.redrive.requests import RedriveRequest

WIDTH = 16  # bytes of a line of a dump
REASON = 160  # characters of a reason in the list


@dataclass(frozen=True)
class Line:
    """A line of the list: a record and who couldn't take it.

    `letters` is how often it was set aside; the rest is the latest letter's."""

    at: datetime
    size: int
    reason: str
    generation: int
    letters: int


def line_of(letter: Letter, before: Line | None) -> Line:
    """Makes the line anew with one more letter."""
    return Line(letter.at, letter.size, letter.reason, letter.generation, before.letters + 1 if before else 1)


def line_json(letter: LetterId, line: Line, request: RedriveRequest | None) -> dict[str, Any]:
    """Makes the form of a line that --json prints."""
    position, projection = letter
    return {
        "position": str(position),
        "projection": projection,
        "at": line.at.isoformat(),
        "bytes": line.size,
        "reason": line.reason,
        "generation": line.generation,
        "letters": line.letters,
        "redriven": request_json(request),
    }


def request_json(request: RedriveRequest | None) -> dict[str, Any] | None:
    """Makes a request's form; its outcome is null while it is pending."""
    if request is None:
        return None
    return {
        "asked_at": request.asked_at.isoformat() if request.asked_at else None,
        "outcome": request.outcome or None,
        "answered_at": request.answered_at.isoformat() if request.answered_at else None,
    }


def table(lines: Sequence[tuple[LetterId, Line, RedriveRequest | None]], positions: int) -> None:
    """Prints the list for a person."""
    shown = Table(title=f"{len({position for (position, _), _, _ in lines}):,} of {positions:,} records set aside")
    for heading in ("position", "set aside (UTC)", "projection", "bytes", "redriven", "reason"):
        shown.add_column(heading, justify="right" if heading == "bytes" else "left", overflow="fold")
    last: Position | None = None
    for (position, projection), line, request in lines:
        where = "" if position == last else str(position)
        again = "" if line.letters == 1 else f" ({line.letters} times)"
        outcome = "-" if request is None else request.outcome.partition(":")[0] or "asked for"
        cells = (f"{line.at:%Y-%m-%d %H:%M:%S}", projection, f"{line.size:,}", outcome, line.reason[:REASON] + again)
        shown.add_row(where, *map(escaped, cells))
        last = position
    console = Console()
    console.width = console.width if console.is_terminal else 200
    console.print(shown)


def look_json(request: RedriveRequest) -> dict[str, Any]:
    """Makes the form of a reactor's second look at a record that --json prints."""
    return {"position": str(request.position), "reactor": request.projection, "redriven": request_json(request)}


def looks(requests: Sequence[RedriveRequest]) -> None:
    """Prints which reactors look again at records that were missing from what they had read, and what came of it."""
    for request in sorted(requests, key=lambda each: (each.position, each.projection)):
        click.echo(f"{request.projection} looks at {request.position} again: {request.outcome or 'asked for'}")


def escaped(text: str) -> str:
    """Replaces the characters that a terminal would obey: reasons quote what strangers sent."""
    from rich.markup import escape

    return escape("".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text))


def decoded_json(event: Event | Unreadable) -> dict[str, Any]:
    """Makes the form of what a record decodes to now; of personal fields it says the length alone."""
    if isinstance(event, Unreadable):
        return {"event": None, "reason": event.reason}
    schema = SCHEMA_OF[type(event)]
    fields = to_json(event)
    for name in schema.personal:
        if isinstance(fields[name], str):
            fields[name] = f"({len(fields[name])} characters)"
    return {"event": schema.full_name, "fields": fields}


def record_json(
    position: Position,
    found: Sequence[Letter],
    decoded: Sequence[Event | Unreadable | None],
    requests: Mapping[LetterId, RedriveRequest],
) -> dict[str, Any]:
    """Makes the form of a record, with all its letters; bytes are in hex."""
    return {
        "position": str(position),
        "letters": [
            {
                "letter": str(letter.stored_at),
                "at": letter.at.isoformat(),
                "projection": letter.projection,
                "generation": letter.generation,
                "reason": letter.reason,
                "bytes": letter.size,
                "cut": letter.cut,
                "key": None if letter.key is None else letter.key.hex(),
                "value": None if letter.value is None else letter.value.hex(),
                "decoded": None if event is None else decoded_json(event),
                "redriven": request_json(requests.get(letter.id)),
            }
            for letter, event in zip(found, decoded, strict=True)
        ],
    }


def dump(data: bytes | None, most: int | None) -> None:
    """Prints bytes as offset, hex and text."""
    if data is None:
        click.echo("  (null)")
        return
    if not data:
        click.echo("  (empty)")
    for at in range(0, len(data) if most is None else min(len(data), most), WIDTH):
        line = data[at : at + WIDTH]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        click.echo(f"  {at:08x}  {line.hex(' '):<{3 * WIDTH - 1}}  {text}")
    if most is not None and len(data) > most:
        click.echo(f"  … {len(data) - most:,} more bytes: --full")
