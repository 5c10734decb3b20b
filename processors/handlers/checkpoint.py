"""Checkpoints: how far a partition has come, and which of that the database may have lost."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from processors.handlers.copies import Copies
from projections.progress import Progress
from projections.store.survival import Starts, both, may_be_lost, surely_kept, throughout

SYNCED_SECONDS = 60.0  # Cassandra syncs its commit log every 10 s: what was acknowledged longer ago is kept
TOGETHER_SECONDS = 1.0  # what was passed within it is one step
MOST_STEPS = 1000  # where one node is away for hours and another starts again and again, none is surely kept


class Step(NamedTuple):
    """All below `offset` was done by `at` (monotonic), and what the step before lacks of it under these starts."""

    at: float
    offset: int
    nodes: Starts


@dataclass
class Checkpoint:
    """What is known of one owned partition.

    - `wanted`: by projection (or reactor), the next offset that it wants
    - `written`: by the same, the offset and the epoch that its row of `progress` has
    - `said`: the starts of the nodes that those rows tell of; None if none does
    - `steps`: how it came where it is; what is below the first one's offset is surely kept. The last one is below
      `next_offset` where something is being done again
    - `nodes`, `outages`: the store's, when what isn't in a step yet was begun
    - `doubtful`: the database may have lost some of what is being done (again): what it holds may contradict itself
    - `ahead`: up to where anybody may have come when the database lost something; until there all is doubtful
    - `attempted`: the end of the batch that is being done
    - `record`: the fingerprint of the last record that was done
    - `assignment`: of the last batch
    """

    wanted: dict[str, int]
    written: dict[str, tuple[int, int]]
    said: Starts | None
    steps: deque[Step]
    nodes: Starts
    outages: int
    record: str
    copies: Copies
    assignment: int = -1
    doubtful: bool = False
    ahead: int = 0
    attempted: int = 0

    @property
    def next_offset(self) -> int:
        """The least of the offsets that are wanted."""
        return min(self.wanted.values(), default=0)

    @property
    def reached(self) -> int:
        """Up to where all is done, also of what is done again."""
        return self.steps[-1].offset

    @property
    def synced(self) -> int:
        """Below which offset all is surely kept."""
        return self.steps[0].offset

    def passed(self, at: float, offset: int) -> None:
        """Notes that all below an offset is done, under the starts of `nodes`."""
        last = self.steps[-1]
        if len(self.steps) > 1 and (at - self.steps[-2].at < TOGETHER_SECONDS or len(self.steps) >= MOST_STEPS):
            self.steps[-1] = Step(at, offset, both(last.nodes, self.nodes))
        else:
            self.steps.append(Step(at, offset, self.nodes))

    def sync(self, at: float, nodes: Starts) -> None:
        """Leaves out the steps before the last one that is surely kept, all before it being so."""
        while len(self.steps) > 1:
            step = self.steps[1]
            if at - step.at <= SYNCED_SECONDS or not surely_kept(step.nodes, nodes):
                return
            self.steps.popleft()

    def lost(self, nodes: Starts) -> bool:
        """Whether anything may be lost, also of what isn't in a step yet."""
        return may_be_lost(self.nodes, nodes) or any(may_be_lost(step.nodes, nodes) for step in list(self.steps)[1:])

    def go_back(self, nodes: Starts, found: int) -> None:
        """Leaves out the steps from the first one that may be lost on, and all beyond what `progress` says: `found`."""
        kept = [self.steps[0]]
        for step in list(self.steps)[1:]:
            if step.offset > found or may_be_lost(step.nodes, nodes):
                break
            kept.append(step)
        if kept[0].offset > found:
            kept = [Step(-math.inf, found, nodes)]
        self.steps = deque(kept)

    def unsynced(self) -> Starts:
        """The starts that ran all the time since the first of what isn't surely kept was done."""
        return throughout([*(step.nodes for step in list(self.steps)[1:]), self.nodes])


def begun_at(synced: int, start: int, at: float, rows: Sequence[Progress], nodes: Starts) -> deque[Step]:
    """The steps of a partition whose last owner came to `start`, as its rows of `progress` tell."""
    said = said_in(rows)
    return deque([Step(-math.inf, synced, nodes), Step(at, start, nodes if said is None else said)])


def said_in(rows: Sequence[Progress]) -> Starts | None:
    """The starts that all these rows tell of; None if none does."""
    told = [Starts.of(row.nodes) for row in rows if row.nodes]
    return throughout(told) if told else None
