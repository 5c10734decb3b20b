"""startup: seconds that a second `darkroom up` takes, of this checkout and of another, in turns.

python -m bench.figures.startup --against CHECKOUT
"""

import json
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

from events.settings import Settings
from ops.local_servers import on_free_ports
from ops.secrets import environment
from ops.supervisor import up_file
from ops.supervisor.processes import ROOT

PATIENCE = 600  # seconds


@dataclass(frozen=True)
class Start:
    """One start, in seconds: until the command returned, of CPU in all processes, and until each process was ready."""

    up: float
    cpu: float
    ready: dict[str, float]


class Checkout:
    """A checkout with a home and ports of its own; `make servers` has been run in it."""

    def __init__(self, root: Path, home: Path):
        self.root, self.home = root.resolve(), home
        self._environment = environment(on_free_ports(Settings.model_validate({"home": home})))

    def start(self) -> Start:
        """Starts and stops it. Raises CalledProcessError if it doesn't come up."""
        began = time.monotonic()
        self._run("up", "--detach")
        took = time.monotonic() - began
        up = up_file.read(self.home)
        assert up is not None
        spent = sum(cpu_seconds(pid) for pid in (up.pid, *(each.pid for each in up.processes)) if pid)
        self._run("down")
        return Start(took, spent, {each.name: each.seconds for each in up.processes})

    def _run(self, *words: str) -> None:
        command = [str(self.root / ".venv" / "bin" / "darkroom"), *words]
        subprocess.run(command, cwd=self.root, env=self._environment, capture_output=True, check=True, timeout=PATIENCE)


def cpu_seconds(pid: int) -> float:
    """Returns the seconds of CPU that a process and its ended children have used."""
    return sum(psutil.Process(pid).cpu_times()[:4])


def median(starts: list[Start]) -> Start:
    """Returns the median of each number."""
    names = starts[0].ready
    return Start(
        statistics.median(each.up for each in starts),
        statistics.median(each.cpu for each in starts),
        {name: statistics.median(each.ready[name] for each in starts) for name in names},
    )


def line_of(name: str, start: Start) -> str:
    """Says how a start went: `this: up after 14.2 s, 17.9 s of CPU; ready: kafka 5.1, …`."""
    ready = ", ".join(f"{process} {seconds:.1f}" for process, seconds in start.ready.items())
    return f"{name}: up after {start.up:.1f} s, {start.cpu:.1f} s of CPU; ready: {ready}"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="Another checkout, measured in turns.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Measured starts of each.")
def main(against: Path | None, rounds: int) -> None:
    """Measure a second `darkroom up`: data is there, and nothing is to be fetched or made.

    Each checkout is started and stopped once unmeasured, in a home that goes afterwards.

    \b
    Examples:
      python -m bench.figures.startup
      python -m bench.figures.startup --against ../before --rounds 7
    """
    with ExitStack() as stack:
        roots = {"this": ROOT} | ({"that": against} if against else {})
        sides: dict[str, Checkout] = {}
        for name, root in roots.items():
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-startup-"))
            sides[name] = Checkout(root, Path(home))
            sides[name].start()
        starts: dict[str, list[Start]] = {name: [] for name in sides}
        for number in range(rounds):
            for name in list(sides) if number % 2 else reversed(list(sides)):
                starts[name].append(sides[name].start())
                click.echo(line_of(name, starts[name][-1]), err=True)
    medians = {name: median(found) for name, found in starts.items()}
    for name, found in medians.items():
        click.echo(f"median of {rounds}: {line_of(name, found)}")
    if "that" in medians:
        this, that = medians["this"], medians["that"]
        click.echo(json.dumps({"up": round(this.up / that.up, 3), "cpu": round(this.cpu / that.cpu, 3)}))


if __name__ == "__main__":
    main()
