"""`darkroom up`: start everything, and stay until it is asked to stop."""

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
    watched(with_secrets(settings()), lambda: None, servers_only)


def watched(chosen: Settings, ready: Callable[[], None], servers_only: bool = False) -> None:
    """Run everything in the foreground, showing its progress; `ready` is called once all of it is up.

    Returns after Ctrl-C, SIGTERM or `darkroom down`. Problem if something can't start."""
    console = Console(stderr=True)
    reporter = Live(console) if console.is_terminal else Lines()
    own = [] if servers_only else processes(chosen)
    supervisor = Supervisor(chosen, servers(chosen), own, reporter.tell, reporter.say)

    def is_ready() -> None:
        reporter.finish()
        reporter.say(f"Darkroom is up. Logs are in {chosen.home}/logs; stop it with Ctrl-C or `darkroom down`.")
        ready()

    try:
        supervisor.run(is_ready)
    finally:
        reporter.finish()


class Lines:
    """Plain lines, for a log file or a pipe."""

    def tell(self, child: Child) -> None:
        """A child's new state."""
        click.echo(line_of(child), err=True)

    def say(self, line: str) -> None:
        """Anything else."""
        click.echo(line, err=True)

    def finish(self) -> None:
        """The start is over."""


class Live:
    """A line for each child that turns while it starts, for a terminal."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}
        self._starting = True

    def tell(self, child: Child) -> None:
        """A child's new state: in its own line while everything starts, as a new line later."""
        if not self._starting:
            self._progress.console.print(line_of(child), highlight=False)
            return
        self._progress.start()
        name = child.program.name
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=1)
        self._progress.update(self._tasks[name], description=line_of(child), completed=child.state == "ready")

    def say(self, line: str) -> None:
        """Anything else."""
        self._progress.console.print(line, highlight=False, markup=False)

    def finish(self) -> None:
        """The start is over: from now on, lines."""
        self._starting = False
        self._progress.stop()


def line_of(child: Child) -> str:
    """`kafka: ready on port 9092 after 3.1 s`."""
    program = child.program
    if child.state == "ready":
        return f"{program.name}: ready on port {program.port} after {child.seconds:.1f} s"
    return f"{program.name}: {child.state}"


def start_in_background(servers_only: bool) -> None:
    """Run `darkroom up` in a session of its own, pass its lines on until it is up. Problem if it doesn't get there."""
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
    """Whether the supervisor with this id says that everything is ready."""
    running = up_file.read(home)
    return running is not None and running.pid == pid and running.state == "up"
