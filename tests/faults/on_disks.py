"""Kafka's and Cassandra's disks fill up under load, and are given room again.

`unshare -rm python -m tests.faults.on_disks HOME` mounts a small tmpfs of its own on the data folder of each, which go
with its mount namespace, and runs the servers as `darkroom up` does: its supervisor starts them again. Prints what the
supervisor said and what came of it; exits with 0 if no acknowledged fact is lost and every row is what the log says."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from events.settings import Settings
from ops.local_servers import on_free_ports
from ops.provision import prepare
from ops.secrets import with_secrets
from ops.servers import servers
from ops.supervisor.supervisor import Supervisor
from tests.faults.on_workers import RATE, moving
from tests.faults.processes import until
from tests.faults.system import System, populated
from tests.servers.disks import fill, mount_small_disk, supervised

DISKS = {"kafka": 300, "cassandra": 600}  # MB


def filled_and_freed(made: System, supervisor: Supervisor) -> float:
    """Both disks are full until both servers have died of it; then there is room. The seconds from then until all is
    folded that was appended meanwhile and after."""
    children = [child for child in supervisor.children.all if child.program.name in DISKS]
    made.start()
    flow = made.source.flow(made.world, RATE)
    made.flows.append(flow)
    until(moving(made), "progress before")
    fillers = [fill(child.program.folder) for child in children]
    until(lambda: all(child.state == "no room" for child in children), "both servers died of a full disk")
    flow.stopping.set()
    assert flow.done.wait(180), "the load never ended"  # what wasn't acknowledged failed, as it must
    for filler in fillers:
        filler.unlink()
    began = time.monotonic()
    until(lambda: all(child.state == "ready" for child in children), "both servers are ready again")
    with made.load(RATE):
        until(moving(made), "progress after")
    made.catch_up()
    return time.monotonic() - began


def main(home: Path) -> int:
    """Runs it."""
    for name, size in DISKS.items():
        (home / name).mkdir(parents=True)
        mount_small_disk(home / name, size)
    settings = with_secrets(on_free_ports(Settings.model_validate({"home": home})))
    local = servers(settings)

    def say(line: str) -> None:
        print(line.splitlines()[0], flush=True)

    supervisor = Supervisor(settings, local=local, own=[], on_change=lambda _: None, show_line=say)

    def work() -> None:
        prepare(settings)
        with populated(settings, supervisor.children, seed=6, people=100) as made:
            took = filled_and_freed(made, supervisor)
            made.check({"full disks, then room": took})

    supervised(supervisor, work)
    return 0


def in_a_namespace(home: Path) -> Sequence[str]:
    """The command that runs it, with mounts of its own, whoever we are."""
    return ["unshare", "-rm", sys.executable, "-m", "tests.faults.on_disks", str(home)]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
