"""Shows the progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 5.0

Report = Callable[[int, int], None]


@contextmanager
def progress(what: str) -> Generator[Report]:
    """Yields a function: `report(done, of)` shows how far `what` has got."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def lines(what: str, now: Callable[[], float] = time.monotonic) -> Report:
    """Makes a function that prints a line every few seconds; shorter work prints nothing."""
    said = now()

    def report(done: int, of: int) -> None:
        nonlocal said
        if now() - said >= LINE_SECONDS:
            said = now()
            click.echo(f"{what}: {done:,} of {of:,}", err=True)

    return report
