"""What can happen to a worker: killed at the worst places, asked to leave, stopped and woken, joined and left."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from events.topics import FACTS
from tests.faults.processes import until
from tests.faults.system import System
from tests.faults.watch import GONE, Watch
from tests.faults.workers import WorkerProcess

# Each topic's workers die one after another: places by topic, with how often each is passed first. Topics in parallel,
# because each death costs the ten seconds of a member's session.
KILLS: Mapping[str, Sequence[str]] = {
    "reactions": ("mid-write:5", "before-counts:5"),
    "photos": ("after-rows:5", "after-progress:5"),
    "rolls": ("tally-read:9", "rebalance:1"),
    "graph": ("after-decode:5",),
}
RATE = 300  # facts a second: enough for every partition to be in the middle of something at any time


class Deaths:
    """A topic's workers, each dying at its place; the last one lives."""

    def __init__(self, made: System, topic: str, places: Sequence[str], without: str, watch: Watch) -> None:
        self._made, self.topic, self._left, self._without, self._watch = made, topic, list(places), without, watch
        self._place, self._died = "", 0.0
        self.still: dict[str, float] = {}
        self._worker = self._next()

    def _next(self) -> WorkerProcess:
        place = self._left.pop(0) if self._left else ""
        return self._made.start(self.topic, failpoint=place, without=self._without, ready=False)

    def over(self) -> bool:
        """Whether all have died that should; starts the next one where one did."""
        if not self._worker.failpoint:
            return True
        if self._worker.died():
            self.account()
            self._place, self._died = self._worker.failpoint.partition(":")[0], time.monotonic()
            self._worker = self._next()
        return False

    def account(self) -> None:
        """Notes for how long partitions stood still since the last death."""
        if self._place:
            self.still[self._place] = self._watch.longest(self.topic, self._died)


def killed(made: System, kills: Mapping[str, Sequence[str]] = KILLS, without: str = "") -> dict[str, float]:
    """A worker a topic, each killed at its places; by place, the seconds without progress. All have caught up."""
    with made.watched() as watch, made.load(RATE):
        others = [topic for topic in FACTS if topic not in kills]
        made.start(*others, "expand", without=without, ready=False)
        deaths = [Deaths(made, topic, places, without, watch) for topic, places in kills.items()]
        until(lambda: not [each for each in deaths if not each.over()], "every worker died where it should")
        until(made.all_ready, "the last workers are ready")
        made.stop_load()
        made.catch_up()
        for each in deaths:
            each.account()
    made.stop_workers()
    return {place: seconds for each in deaths for place, seconds in each.still.items()}


def killed_at(made: System, failpoint: str, without: str = "") -> float:
    """A worker that hosts everything is killed at a place, and another takes over. The seconds without progress."""
    with made.watched() as watch, made.load(RATE):
        doomed = made.start(failpoint=failpoint, without=without, ready=False)
        until(doomed.died, f"the worker died at {failpoint}")
        died = time.monotonic()
        made.start(without=without)
        until(moving(made), "progress after the death")
        still = watch.longest(since=died)
        made.stop_load()
        made.catch_up()
    made.stop_workers()
    return still


def come_and_go(made: System, without: str = "") -> tuple[float, float]:
    """Two workers share the topics; one leaves on SIGTERM, a third joins, the second leaves. All have caught up.

    The seconds that the slower one took to leave, and those without progress."""
    with made.watched() as watch, made.load(RATE):
        first = made.start(without=without)
        second = made.start(without=without)
        until(moving(made), "progress with two")
        took = first.stop()
        made.start(without=without)
        took = max(took, second.stop())
        until(moving(made), "progress with the third")
        made.stop_load()
        made.catch_up()
    made.stop_workers()
    return took, watch.longest()


def stopped_and_woken(made: System, times: int = 30, without: str = "") -> float:
    """A worker stops (SIGSTOP) between a tally's read and its write, and wakes when its partitions have moved."""
    with made.watched() as watch, made.load(RATE):
        sleeper = made.start(failpoint=f"tally-read:{times}:stop", without=without, ready=False)
        until(lambda: stopped(sleeper), "the worker stopped")
        began = time.monotonic()
        made.start(without=without)
        until(moving(made, 1000), "the other worker goes on")
        still = watch.longest(since=began)
        sleeper.send(signal.SIGCONT)
        until(made.all_ready, "the woken worker has joined again")
        made.stop_load()
        made.catch_up()
    made.stop_workers()
    return still


def stopped(worker: WorkerProcess) -> bool:
    """Whether a process is stopped by a signal (proc(5): state T)."""
    assert worker.running, worker.tail()
    stat = Path(f"/proc/{worker.process.pid}/stat").read_text()
    return stat.rpartition(") ")[2].startswith("T")


def moving(made: System, records: int = 300) -> Callable[[], bool]:
    """Tells whether so many more records have been folded than when this was called."""
    progress, begin = made.progress(), list[int]()

    def moved() -> bool:
        with suppress(*GONE):
            now = sum(progress.folded().values())
            begin.append(now)
            return now >= begin[0] + records
        return False

    return moved


def recovered(made: System, watch: Watch, began: float, what: str) -> float:
    """Waits until something moves again after a fault, ends the load, and waits until all has caught up.

    The seconds without progress since the fault began (monotonic)."""
    until(moving(made, 1), what)
    still = max(time.monotonic() - began, watch.longest(since=began))
    made.stop_load()
    made.catch_up()
    return still
