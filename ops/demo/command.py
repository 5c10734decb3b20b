"""`darkroom demo`: starts everything, plays the story, and prints what came of it."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from events.settings import NEXT_MORNING, settings
from ops.commands.up import run_in_foreground
from ops.demo.client import CheckFailed
from ops.demo.pictures import pictures
from ops.demo.story import Story, relative
from ops.secrets import with_secrets, with_values

DELAY = "25s"  # long enough to ask for every photo in every endpoint before it develops, on a slow machine too


@click.command()
@click.option("--photos", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Your own photographs.")
@click.option("--exit", "leave", is_flag=True, help="Stop everything at the end instead of waiting for Ctrl-C.")
def demo(photos: Path | None, leave: bool) -> None:
    """Start Darkroom, take real photographs with a small cast, and check everything that can be seen.

    Photos develop after 25 s instead of at 9 am (DARKROOM_DEVELOP says otherwise). With --exit, the exit status is 0
    only if every check held.

    \b
    Examples:
      darkroom demo
      darkroom demo --photos ~/Pictures/holiday --exit
      DARKROOM_DEVELOP=60s darkroom demo
    """
    started = time.monotonic()
    chosen = with_secrets(settings())
    if chosen.develop == NEXT_MORNING:
        chosen = with_values(chosen, develop=DELAY)
    console = Console()
    story = Story(chosen, pictures(photos))
    held: list[bool] = []

    def run_story() -> None:
        console.print(f"[bold]Everything is up[/bold] after {time.monotonic() - started:.1f} s.")
        held.append(play(story, console))
        if held[0]:
            print_next_steps(story, console, leave)
        if leave or not held[0]:
            os.kill(os.getpid(), signal.SIGTERM)

    def ready() -> None:
        threading.Thread(target=run_story, name="demo", daemon=True).start()

    run_in_foreground(chosen, ready)
    sys.exit(0 if held == [True] else 1)


def play(story: Story, console: Console) -> bool:
    """Runs the steps, prints each with its seconds as it ends, and returns whether all checks held."""
    begun = time.monotonic()
    for name, step in story.steps():
        start = time.monotonic()
        try:
            line, mark = step(), "[green]✓[/green]"
        except CheckFailed as failure:
            line, mark = str(failure), "[red]✗[/red]"
        except Exception as failure:  # whatever it is, the demo must say so, stop what it started, and fail
            line, mark = f"{type(failure).__name__}: {failure}", "[red]✗[/red]"
        console.print(f" {mark} {name:<16} {time.monotonic() - start:6.1f} s  {escape(line)}", soft_wrap=True)
        if "✗" in mark:
            return False
    console.print(f"[bold]All checks held[/bold] in {time.monotonic() - begun:.1f} s.")
    return True


def print_next_steps(story: Story, console: Console, leave: bool) -> None:
    """Prints what to open next."""
    chosen = story.settings
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row("the pictures", relative(story.sheet))
    if not leave:
        base = f"http://{chosen.host}"
        table.add_row("the API", f"{base}:{chosen.api_port}/docs")
        table.add_row("the gateway", f"{base}:{chosen.gateway_port}/docs")
        roll = f"{base}:{chosen.api_port}/v1/rolls/{story.rolls[0]}/photos"
        table.add_row("a roll's feed", f'curl -H "Authorization: Bearer $(.venv/bin/darkroom token ada)" {roll}')
        table.add_row("what runs", ".venv/bin/darkroom status")
        table.add_row("stop it", "Ctrl-C")
    console.print(table, soft_wrap=True)
