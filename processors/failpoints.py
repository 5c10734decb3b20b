"""Failpoints: places where a test has the worker die, by SIGKILL, so that only what was written survives.

`DARKROOM_FAILPOINT=after-rows:3` kills the process the third time it reaches that place; `tally-read:3:stop` stops it
there (SIGSTOP), to be woken when another has taken its partitions. Without it nothing here acts: `armed_store` gives
back the store it was given.
"""

import os
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from projections.store.protocol import Store
from projections.store.table import Stamped, Table


@dataclass(frozen=True, slots=True)
class Place:
    """A failpoint: what of the batch is durable when the worker dies there, and what recovery must do."""

    durable: str
    recovery: str


PLACES: Mapping[str, Place] = {
    "after-decode": Place(
        durable="Nothing.",
        recovery="The next owner starts at `progress` and folds the batch as if it were new.",
    ),
    "mid-write": Place(
        durable="About half of a write: of the rows, before any set, or of the counts, after all sets. No dead letter.",
        recovery="The batch is folded again: what is there already bears the same stamps, so nothing changes in it.",
    ),
    "tally-read": Place(
        durable="The rows, and some of the sets; not the one just read, and no count.",
        recovery="The next owner folds the batch. Stopped here and woken later, the old owner writes a total of what it"
        " read before: its stamp isn't above the next owner's, so what came after stays.",
    ),
    "before-counts": Place(
        durable="The rows and sets; no count.",
        recovery="The batch is folded again. The sets hold it already, so their totals stay, and the counts are written"
        " from them: a count is written always, also when its set hasn't changed.",
    ),
    "after-rows": Place(
        durable="Rows, sets, counts and dead letters; not `progress`.",
        recovery="The batch is folded again, to no effect. Its dead letters are sent once more: the list has one line"
        " for them, and counts them.",
    ),
    "after-progress": Place(
        durable="All of the batch. Kafka's committed offset is before it.",
        recovery="The next owner starts after the batch, as `progress` says, and doesn't ask for Kafka's offset.",
    ),
    "rebalance": Place(
        durable="All that was handled before the assignment; of the assigned partitions nothing is begun.",
        recovery="The group assigns the partitions anew, and their owner starts each of them at `progress`.",
    ),
}
SIGNALS = {"": signal.SIGKILL, "stop": signal.SIGSTOP}
_remaining: dict[str, tuple[int, signal.Signals]] = {}


def arm(setting: str) -> None:
    """Arms `PLACE`, `PLACE:N` or `PLACE:N:stop`. Raises ValueError for anything else, and for an unknown place."""
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
        self.get_many, self.slice_many, self.merge_slices = store.get_many, store.slice_many, store.merge_slices
        self.pick_many, self.nodes, self.partitioning = store.pick_many, store.nodes, store.partitioning

    @property
    def outages(self) -> int:
        """See Store."""
        return self._store.outages

    async def write(self, rows: Sequence[Stamped]) -> None:
        """Half of the rows, the failpoint, and the other half."""
        await self._store.write(rows[: len(rows) // 2])
        reached("mid-write")
        await self._store.write(rows[len(rows) // 2 :])

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """Reads the rows, and reaches the failpoint before they are returned."""
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
