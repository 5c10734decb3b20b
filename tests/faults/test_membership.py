"""Workers come and go, or stop and wake, under load; the read models stay what the log says.

Each protection was taken out once, to see its test fail; `python -m tests.faults.seen` does that again
(docs/faults.md has what came of it).
"""

from tests.faults.on_workers import come_and_go, stopped_and_woken
from tests.faults.system import System

LEAVES = 15.0  # seconds: a drain is cut off after 7, the consumer's thread after 3 more


def test_workers_join_and_leave(darkroom: System) -> None:
    took, still = come_and_go(darkroom)
    darkroom.check({f"SIGTERM (left in {took:.1f} s), others joining": still})
    assert took < LEAVES


def test_a_stopped_worker_wakes_when_its_partitions_have_moved(darkroom: System) -> None:
    darkroom.check({"SIGSTOP, and SIGCONT after the partitions had moved": stopped_and_woken(darkroom)})
