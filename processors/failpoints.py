"""Places where a test has the worker die, by SIGKILL, so that what survives is what was written and no more.

`DARKROOM_FAILPOINT=after-rows:3` kills the process the third time it reaches that place. Without it nothing here acts:
`armed_store` gives back the store it was given.
"""

import os
import signal
from collections.abc import Collection, Sequence
from typing import Any

from projections.store import Store
from projections.table import Stamped, Table

PLACES = (
    "after-decode",
    "mid-write",
    "tally-read",
    "before-counts",
    "after-rows",
    "after-progress",
    "rebalance",
)
_remaining: dict[str, int] = {}


def arm(setting: str) -> None:
    """Arms `PLACE` or `PLACE:N`. ValueError for a place that isn't one."""
    place, _, times = setting.partition(":")
    if place not in PLACES:
        raise ValueError(f"DARKROOM_FAILPOINT={setting}: the places are {', '.join(PLACES)}")
    _remaining[place] = int(times or 1)


def reached(place: str) -> None:
    """Dies here, if armed for it and this is the time."""
    if place not in _remaining:
        return
    _remaining[place] -= 1
    if _remaining[place] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


class FailingStore:
    """A store that can die in the middle of a write, or right after a tally's read."""

    def __init__(self, store: Store):
        self._store = store
        self.get, self.slice, self.write_together = store.get, store.slice, store.write_together

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
