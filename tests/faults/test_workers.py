"""Workers are killed under load, at every place; the read models stay what the log says.

Each protection was taken out once, to see its test fail; `python -m tests.faults.seen` does that again
(docs/faults.md has what came of it).
"""

from tests.faults.on_workers import KILLS, killed
from tests.faults.system import System


def test_a_worker_is_killed_at_every_place(darkroom: System) -> None:
    still = killed(darkroom)
    darkroom.check({f"SIGKILL at {place}": seconds for place, seconds in still.items()})
    assert still.keys() == {place.partition(":")[0] for places in KILLS.values() for place in places}
