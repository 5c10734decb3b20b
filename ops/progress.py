"""Shows the progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

LINE_SECONDS = 5.0

Report = Callable[[int, int], None]


@contextmanager
def progress(what: str) -> Generator[Report]:
    """Yields a function: `report(done, of)` shows how far `what` has got."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None, pace="")
        yield lambda done, of: bar.update(task, completed=done, total=of, pace=pace(done, of, time.monotonic() - began))


def lines(what: str, now: Callable[[], float] = time.monotonic) -> Report:
    """Makes a function that prints a line every few seconds; shorter work prints nothing."""
    began = said = now()

    def report(done: int, of: int) -> None:
        nonlocal said
        at = now()
        if at - said >= LINE_SECONDS:
            said = at
            click.echo(f"{what}: {done:,} of {of:,} {pace(done, of, at - began)}".rstrip(), err=True)

    return report


def pace(done: int, of: int, seconds: float) -> str:
    """Says how fast work goes that has been going on for so long, and how long it will take; nothing before it goes."""
    if not done or seconds <= 0:
        return ""
    left = timedelta(seconds=round((of - done) * seconds / done))
    return f"({done / seconds:,.1f} a second, {left} left)"
