"""`darkroom status`: shows what runs, and how it is."""

import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import click
import psutil
from rich.console import Console
from rich.table import Table

from events.settings import Settings, settings
from ops.errors import OperatorError
from ops.servers import servers
from ops.supervisor import process_identity, up_file
from ops.supervisor.processes import processes
from ops.supervisor.program import Program
from ops.supervisor.room import shortage


@dataclass(frozen=True)
class Row:
    """One process.

    - `memory`: in bytes, with its own children's
    - `restarts`: how often it was started again, `reason` why the last time, or why it isn't; `since`: of its state
    - `lag`: in records, None where it means nothing
    - `stopped`: the apps of a worker that stand still, with the reason: too many records in a row failed"""

    process: str
    pid: int | None
    port: int | None
    memory: int
    state: str
    healthy: bool
    restarts: int
    lag: int | None
    stopped: Mapping[str, str]
    since: str = ""
    reason: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def status(as_json: bool) -> None:
    """Show every process: its id, port, memory, whether it answers, and how far it is behind the log.

    Of one that was started again it says how often, and why the last time; of one that waits for room on a disk, since
    when. What they log is in DARKROOM_HOME/logs.

    The exit status is 0 only if everything runs and answers.

    \b
    Examples:
      darkroom status
      darkroom status --json | jq '.processes[] | select(.healthy | not)'
    """
    home = settings().home.resolve()
    up = up_file.read(home)
    if up is None or not up.alive():
        if as_json:
            click.echo(json.dumps({"state": "down", "processes": []}))
        else:
            click.echo(f"No Darkroom runs in {home}. Start it with `darkroom up`.")
        sys.exit(1)
    rows = process_rows(up, up.resolved(home))
    if as_json:
        click.echo(
            json.dumps(
                {"state": up.state, "pid": up.pid, "since": up.since, "processes": [asdict(row) for row in rows]}
            )
        )
    else:
        console = Console()
        console.print(table(up, rows))
        for line in reasons(rows):
            console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(0 if up.state == "up" and all(row.healthy for row in rows) else 1)


def process_rows(up: up_file.Up, resolved: Settings) -> list[Row]:
    """Asks every process at once how it is, and makes the rows."""
    from ops.lag import lag  # loads the drivers, which a status of nothing needn't wait for

    programs = {program.name: program for program in (*servers(resolved), *processes(resolved))}
    lags = lag(resolved)  # empty while Kafka or Cassandra is down, which the rows say
    with ThreadPoolExecutor(len(up.processes) or 1) as pool:
        asked = [pool.submit(health, process, programs.get(process.name)) for process in up.processes]
    answers = [one.result() for one in asked]
    return [
        row_of(process, programs.get(process.name), lags, *answer)
        for process, answer in zip(up.processes, answers, strict=True)
    ]


def row_of(
    process: up_file.Process,
    program: Program | None,
    lags: Mapping[str, int],
    ready: bool,
    stopped: Mapping[str, str],
) -> Row:
    """Makes one process's row."""
    full = full_disk(process, program)
    return Row(
        process=process.name,
        pid=process.pid,
        port=process.port,
        memory=memory(process),
        state="no room" if full else process.state,
        healthy=ready and not stopped,
        restarts=process.restarts,
        lag=lags.get(process.name),
        stopped=stopped,
        since=process.since,
        reason=full or process.reason,
    )


def health(process: up_file.Process, program: Program | None) -> tuple[bool, Mapping[str, str]]:
    """Returns whether it is the process that was started, and answers; and which of its apps stand still, and why."""
    if program is None or not process_identity.alive(process.pid, process.started):
        return False, {}
    try:
        return program.ready(), program.stopped()
    except (OSError, OperatorError):
        return False, {}


def full_disk(process: up_file.Process, program: Program | None) -> str:
    """Says that the disk of a process that isn't there is full. `darkroom up` may be unable to write that down."""
    return "" if program is None or process_identity.alive(process.pid, process.started) else shortage(program)


def reasons(rows: Sequence[Row]) -> list[str]:
    """Makes a line for each app that stands still, and for each process that was or is to be started again."""
    lines = [f"{row.process}: {app} is stopped: {reason}" for row in rows for app, reason in row.stopped.items()]
    for row in rows:
        if row.reason:
            times = f"started again {row.restarts} times; " if row.restarts else ""
            lines.append(f"{row.process}: {row.state} since {row.since}; {times}{row.reason}")
    return lines


def memory(process: up_file.Process) -> int:
    """Counts the resident bytes of the process and of what it started; 0 if it is gone."""
    if process.pid is None or not process_identity.alive(process.pid, process.started):
        return 0
    try:
        first = psutil.Process(process.pid)
        return sum(one.memory_info().rss for one in (first, *first.children(recursive=True)))
    except psutil.Error:
        return 0


def table(up: up_file.Up, rows: list[Row]) -> Table:
    """Makes the table for a terminal."""
    shown = Table(title=f"Darkroom: {up.state} since {up.since}, supervisor {up.pid}")
    for heading in ("process", "pid", "port", "memory", "healthy", "lag"):
        shown.add_column(heading, justify="left" if heading in ("process", "healthy") else "right")
    for row in rows:
        well = "[green]yes[/]" if row.healthy else f"[red]no[/] ({row.state})"
        again = f", restarts: {row.restarts}" if row.restarts else ""
        shown.add_row(
            row.process,
            str(row.pid or "-"),
            str(row.port or "-"),
            f"{row.memory / 2**20:,.0f} MB",
            well + again,
            "-" if row.lag is None else f"{row.lag:,}",
        )
    return shown
