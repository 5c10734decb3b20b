"""Places where a test has the worker die, by SIGKILL, so that what survives is what was written and no more.

`DARKROOM_FAILPOINT=after-rows:3` kills the process the third time it reaches that place; `tally-read:3:stop` stops it
there (SIGSTOP), to be woken when another has taken its partitions. Without it nothing here acts: `armed_store` gives
back the store it was given.
"""

import os
import signal
from collections.abc import Collection, Sequence
from typing import Any

from projections.store.protocol import Store
from projections.store.table import Stamped, Table

PLACES = (
    "after-decode",
    "mid-write",
    "tally-read",
    "before-counts",
    "after-rows",
    "after-progress",
    "rebalance",
)
SIGNALS = {"": signal.SIGKILL, "stop": signal.SIGSTOP}
_remaining: dict[str, tuple[int, signal.Signals]] = {}


def arm(setting: str) -> None:
    """Arms `PLACE`, `PLACE:N` or `PLACE:N:stop`. ValueError for a place that isn't one, or anything else."""
    place, _, rest = setting.partition(":")
    times, _, how = rest.partition(":")
    if place not in PLACES or how not in SIGNALS:
        raise ValueError(f"DARKROOM_FAILPOINT={setting}: PLACE[:N[:stop]], where PLACE is {', '.join(PLACES)}")
    _remaining[place] = (int(times or 1), SIGNALS[how])


def reached(place: str) -> None:
    """Dies or stops here, if armed for it and this is the time."""
    if place not in _remaining:
        return
    times, how = _remaining.pop(place)
    if times > 1:
        _remaining[place] = (times - 1, how)
    else:
        os.kill(os.getpid(), how)


class FailingStore:
    """A store that can die in the middle of a write, or right after a tally's read."""

    def __init__(self, store: Store):
        self._store = store
        self.get, self.slice, self.write_together = store.get, store.slice, store.write_together

    @property
    def breaks(self) -> int:
        """See Store."""
        return self._store.breaks

    async def write(self, rows: Sequence[Stamped]) -> None:
        """Half of the rows, the failpoint, and the other half."""
        await self._store.write(rows[: len(rows) // 2])
        reached("mid-write")
        await self._store.write(rows[len(rows) // 2 :])

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """The rows, and the failpoint before anybody has them."""
        rows = await self._store.pick(table, partition, firsts)
        reached("tally-read")
        return rows


def armed_store(store: Store) -> Store:
    """The store, with failpoints in it if one of them is armed."""
    setting = os.environ.get("DARKROOM_FAILPOINT", "")
    if not setting:
        return store
    arm(setting)
    return FailingStore(store)
