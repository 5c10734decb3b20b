"""`darkroom up`: starts everything, and stays until it is asked to stop."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from events.settings import Settings, settings
from ops.secrets import environment, with_secrets
from ops.servers import servers
from ops.supervisor import up_file
from ops.supervisor.children import Child
from ops.supervisor.processes import ROOT, processes
from ops.supervisor.supervisor import Supervisor

POLL = 0.1  # seconds


@click.command()
@click.option("--detach", is_flag=True, help="Return when everything is ready; it goes on in the background.")
@click.option("--servers-only", is_flag=True, help="Only Kafka, Cassandra, the registry and S3.")
def up(detach: bool, servers_only: bool) -> None:
    """Start the local servers and every process of Darkroom, and stay until Ctrl-C or `darkroom down`.

    What dies is started again, servers too, after pauses that grow up to a minute; one whose disk is full, when there
    is room. `darkroom status` says how often and why.

    Data, logs and secrets are kept under DARKROOM_HOME (.darkroom), so that the next start goes on with them.

    \b
    Examples:
      darkroom up                                  in this terminal, until Ctrl-C
      darkroom up --detach                         in the background
      darkroom up --servers-only                   just the servers, to run the rest by hand
      DARKROOM_KAFKA_PORT=9192 darkroom up         on another port
    """
    if detach:
        start_in_background(servers_only)
        return
    run_in_foreground(with_secrets(settings()), lambda: None, servers_only)


def run_in_foreground(chosen: Settings, ready: Callable[[], None], servers_only: bool = False) -> None:
    """Runs everything in the foreground, showing its progress; calls `ready` once all of it is up.

    Returns after Ctrl-C, SIGTERM or `darkroom down`. Raises OperatorError if something can't start."""
    console = Console(stderr=True)
    reporter = LiveReporter(console) if console.is_terminal else PlainReporter()
    own = [] if servers_only else processes(chosen)
    supervisor = Supervisor(
        chosen,
        local=servers(chosen),
        own=own,
        on_change=reporter.show_state,
        show_line=reporter.show_line,
    )

    def is_ready() -> None:
        reporter.finish()
        reporter.show_line(f"Darkroom is up. Logs are in {chosen.home}/logs; stop it with Ctrl-C or `darkroom down`.")
        ready()

    try:
        supervisor.run(is_ready)
    finally:
        reporter.finish()


class PlainReporter:
    """Prints plain lines, for a log file or a pipe."""

    def show_state(self, child: Child) -> None:
        """Prints a child's new state."""
        click.echo(line_of(child), err=True)

    def show_line(self, line: str) -> None:
        """Prints anything else."""
        click.echo(line, err=True)

    def finish(self) -> None:
        """Is called when the start is over."""


class LiveReporter:
    """Shows a line with a spinner for each child while it starts, for a terminal."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}
        self._starting = True

    def show_state(self, child: Child) -> None:
        """Shows a child's new state: in its own line while everything starts, as a new line later."""
        if not self._starting:
            self._progress.console.print(line_of(child), highlight=False)
            return
        self._progress.start()
        name = child.program.name
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=1)
        self._progress.update(self._tasks[name], description=line_of(child), completed=child.state == "ready")

    def show_line(self, line: str) -> None:
        """Prints anything else."""
        self._progress.console.print(line, highlight=False, markup=False)

    def finish(self) -> None:
        """Ends the spinners: from now on, states are new lines."""
        self._starting = False
        self._progress.stop()


def line_of(child: Child) -> str:
    """Says what a child's state is: `kafka: ready on port 9092 after 3.1 s`."""
    program = child.program
    if child.state == "ready":
        return f"{program.name}: ready on port {program.port} after {child.seconds:.1f} s"
    return f"{program.name}: {child.state}"  # why, and when it starts again, is said beside it


def start_in_background(servers_only: bool) -> None:
    """Runs `darkroom up` in a session of its own, and prints its lines until it is up. Exits if it ends before."""
    chosen = with_secrets(settings())
    log = chosen.home / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ops.cli", "up", *(["--servers-only"] if servers_only else [])]
    with log.open("wb") as out:
        background = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(chosen),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with log.open() as lines:
        try:
            while background.poll() is None and not is_up(chosen.home, background.pid):
                click.echo(lines.read(), nl=False, err=True)
                time.sleep(POLL)
        except KeyboardInterrupt:
            background.terminate()
            background.wait()
        click.echo(lines.read(), nl=False, err=True)
    if background.returncode is not None:
        sys.exit(background.returncode or 1)


def is_up(home: Path, pid: int) -> bool:
    """Returns whether the supervisor with this id says that everything is ready."""
    running = up_file.read(home)
    return running is not None and running.pid == pid and running.state == "up"
