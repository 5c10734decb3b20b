"""What a power cut does: all nodes of Cassandra and all workers end at once, and each node loses a tail of its own.

SIGKILL alone loses little: what was written to a commit log is in the machine's memory, and the machine lives. So each
node is copied while it runs, each at another moment, and comes back as its copy. `python -m tests.faults.on_power 20`
does both in turn, 20 times, on three nodes: a line each, and the sum (`on_power 20 kill`, `on_power 20 cut`: only one).
"""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ops.supervisor.children import Child, Children
from tests.faults.on_workers import RATE, moving, recovered
from tests.faults.processes import until
from tests.faults.system import SHOWN, System
from tests.faults.three import three_nodes

NODES = ("cassandra-1", "cassandra-2", "cassandra-3")
BETWEEN = 400  # records folded between one node's copy and the next one's, and after the last one's


def at_once(work: Callable[[Any], object], what: Iterable[Any]) -> None:
    """Does something to all of them, side by side. Raises what the first one raised."""
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(work, what):
            pass


def copy_running(node: Child) -> tuple[Path, float]:
    """Copies a node's folder as a power cut would leave it, if all that it wrote was on the disk; where it is, and when
    that was (monotonic)."""
    assert node.process is not None
    folder = node.program.folder
    copied = folder.with_name(f"{folder.name}-copy")
    node.process.send_signal(signal.SIGSTOP)
    try:
        shutil.copytree(folder, copied)
        return copied, time.monotonic()
    finally:
        node.process.send_signal(signal.SIGCONT)


def put_back(node: Child, copied: Path) -> None:
    """Makes a node that has ended what it was when it was copied."""
    shutil.rmtree(node.program.folder)
    copied.rename(node.program.folder)


def all_killed(
    made: System, nodes: Children, names: Sequence[str] = NODES, *, cut: bool = False, without: str = ""
) -> tuple[float, list[float]]:
    """All nodes and all workers are killed at once under load, and started again. With `cut` each node has lost what it
    wrote since a moment of its own.

    The seconds without progress, and the tails that were lost, in seconds; all have caught up."""
    killed = [nodes[name] for name in names]
    with made.watched() as watch, made.load(RATE):
        made.start(without=without)
        until(moving(made), "progress before")
        copies: list[tuple[Child, Path, float]] = []
        for node in killed if cut else ():
            copies.append((node, *copy_running(node)))
            until(moving(made, BETWEEN), "progress that is to be forgotten")
        began = time.monotonic()
        at_once(lambda each: each(), [*(lambda n=name: nodes.kill(n) for name in names), made.stop_workers])
        for node, copied, _ in copies:
            put_back(node, copied)
        at_once(nodes.start_again, names)
        made.start(without=without)
        still = recovered(made, watch, began, "progress after the restart")
    made.stop_workers()
    return still, [began - when for _, _, when in copies]


CUTS = {"both": (True, False), "cut": (True,), "kill": (False,)}


def rounds(made: System, nodes: Children, count: int, which: str = "both", without: str = "") -> int:
    """So many rounds, a line each, and their sum. How many differences and losses there were."""
    harm, longest, begin = 0, 0.0, made.oracle.records
    for number in range(count):
        cut = CUTS[which][number % len(CUTS[which])]
        before = made.oracle.records
        still, tails = all_killed(made, nodes, cut=cut, without=without)
        differences, lost = made.harm()
        harm, longest = harm + len(differences) + lost, max(longest, still)
        lines = ", ".join(f"{tail:.1f}" for tail in tails)
        what = f"power cut, tails of {lines} s lost" if cut else "SIGKILL of the nodes and the workers"
        events = made.oracle.records - before
        came = f"{events} records, {still:.1f} s without progress, {len(differences)} differences, {lost} lost"
        print(f"round {number + 1}: {what}: {came}", flush=True)
        print(*differences[:SHOWN], sep="\n", end="\n" if differences else "")
    total = made.oracle.records - begin
    print(f"{count} rounds: {total} records, {longest:.1f} s without progress at most, {harm} different or lost")
    return harm


def main() -> int:
    """How many rounds (20), which (both), and a protection to take out, from the command line."""
    with three_nodes() as (made, nodes):
        return 1 if rounds(made, nodes, int((sys.argv[1:] or ["20"])[0]), *sys.argv[2:4]) else 0


if __name__ == "__main__":
    sys.exit(main())
