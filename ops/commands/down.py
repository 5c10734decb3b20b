"""`darkroom down`: asks the supervisor to stop, and waits until it is gone."""

import signal
from pathlib import Path

import click

from events.settings import settings
from ops.errors import OperatorError
from ops.supervisor import process_identity, up_file


@click.command()
@click.option("--wait", default=120.0, show_default=True, help="Seconds to wait until everything has stopped.")
def down(wait: float) -> None:
    """Stop everything that `darkroom up` started here, and wait until it is gone.

    \b
    Examples:
      darkroom down
      DARKROOM_HOME=/data/darkroom darkroom down
    """
    home = settings().home.resolve()
    running = up_file.read(home)
    if running is None or not running.alive():
        clear_leftovers(home)
        click.echo(f"Nothing to stop: no Darkroom runs in {home}.")
        return
    click.echo(f"Stopping Darkroom (process {running.pid}) …")
    process_identity.send(running.pid, running.started, signal.SIGTERM)
    if not process_identity.wait_gone(running.pid, running.started, wait):
        raise OperatorError(f"Darkroom (process {running.pid}) has not stopped after {wait:.0f} s; see {home}/logs.")
    clear_leftovers(home)
    click.echo("Stopped.")


def clear_leftovers(home: Path) -> None:
    """Ends what a supervisor that was killed may have left, and removes its `up.json`.

    Its children die with it, but that takes a moment: whoever starts next must not find them still holding a port.
    """
    left = up_file.read(home)
    if left is None or left.alive():
        return
    for process in left.processes:
        if process.pid:
            process_identity.send(process.pid, process.started, signal.SIGKILL)
            process_identity.wait_gone(process.pid, process.started, seconds=10)
    up_file.remove(home)
