"""One of three nodes of Cassandra is killed and started again, over and over, under load: nobody waits for it."""

import time

from ops.supervisor.children import Children
from tests.faults.on_workers import RATE, moving
from tests.faults.processes import until
from tests.faults.system import System

TIMES = 3


def node_flaps(made: System, nodes: Children, name: str = "cassandra-2") -> float:
    """Kills one node and starts it again, several times, in the time in which the others have to do without it.

    The seconds without progress; all have caught up."""
    with made.watched() as watch, made.load(RATE):
        made.start()
        until(moving(made), "progress before")
        began = time.monotonic()
        for _ in range(TIMES):
            nodes.kill(name)
            until(moving(made, 400), "progress without the node")
            nodes.start_again(name)
            until(moving(made, 400), "progress with the node")
        made.stop_load()
        made.catch_up()
        still = watch.longest(since=began)
    made.stop_workers()
    return still
