"""What can happen to the servers: killed and started again; gone while they are needed, and while they aren't."""

import shutil
import time

from ops.supervisor.children import Children
from tests.faults.on_workers import RATE, moving, recovered
from tests.faults.processes import until
from tests.faults.system import System

BURST = 3000  # facts, so that a worker has seen (nearly) every kind of them
LONG = 3.0  # seconds without progress that are waited for, to see that there is none


def killed_and_restarted(made: System, server: str, without: str = "") -> float:
    """SIGKILL of a server under load, and a new start. The seconds without progress; all have caught up."""
    with made.watched() as watch, made.load(RATE):
        made.start(without=without)
        until(moving(made), "progress before")
        began = time.monotonic()
        made.children.kill(server)
        made.children.start_again(server)
        still = recovered(made, watch, began, "progress after the restart")
    made.stop_workers()
    return still


def restored_from_a_backup(made: System, without: str = "") -> float:
    """Cassandra comes back as it was some thousand records ago, while the workers that wrote those live on.

    What a crash does to the last moments before its commit log was synced, but surely and much more of it. The seconds
    without progress; all have caught up."""
    cassandra = made.children["cassandra"].program.folder
    backup = cassandra.with_name("cassandra-backup")
    with made.watched() as watch, made.load(RATE):
        made.start(without=without)
        until(moving(made), "progress before")
        made.children.kill("cassandra")
        shutil.copytree(cassandra, backup)
        made.children.start_again("cassandra")
        until(moving(made, 2000), "progress that is to be forgotten")
        began = time.monotonic()
        made.children.kill("cassandra")
        shutil.rmtree(cassandra)
        backup.rename(cassandra)
        made.children.start_again("cassandra")
        still = recovered(made, watch, began, "progress after the restore")
    made.stop_workers()
    return still


def registry_gone(made: System, without: str = "") -> tuple[float, float]:
    """The registry is killed. A worker that knows the schemas goes on; one that doesn't waits until it is back.

    The seconds without progress of the one and of the other; all have caught up."""
    knows = made.start(without=without)
    made.append(BURST)
    made.catch_up()
    with made.watched() as watch, made.load(RATE):
        began = time.monotonic()
        made.children.kill("registry")
        until(moving(made, 1000), "progress without the registry")
        cached = watch.longest(since=began)
        knows.kill()
        began = time.monotonic()
        made.start(without=without, ready=False)
        until(lambda: watch.longest(since=began) > LONG, "the new worker waits")
        made.children.start_again("registry")
        until(moving(made), "progress when the registry is back")
        uncached = watch.longest(since=began)
        made.stop_load()
        made.catch_up()
    made.stop_workers()
    return cached, uncached


def node_killed(made: System, nodes: Children, name: str = "cassandra-2") -> float:
    """One of three nodes of Cassandra is killed under load: two of three are a quorum, and it goes on.

    The seconds without progress, with the node still gone; all have caught up."""
    with made.watched() as watch, made.load(RATE):
        made.start()
        until(moving(made), "progress before")
        began = time.monotonic()
        nodes.kill(name)
        until(moving(made, 1000), "progress without the node")
        made.stop_load()
        made.catch_up()
        still = watch.longest(since=began)
    made.stop_workers()
    return still
