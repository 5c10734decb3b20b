"""The stamps of what a fold writes: one kind where events are folded as they come, another where they are corrected.

Both give every write `offset * 1024 + epoch` (`projections.store.table.stamp_of`): the higher stamp stays.
"""

from collections.abc import Mapping
from typing import Protocol

from projections.store.table import stamp_of


class Stamps(Protocol):
    """How a fold stamps its writes."""

    def of_record(self, offset: int) -> int:
        """The stamp of a row that the record at `offset` writes."""
        ...

    def of_shard(self, *, furthest: int, position: int, epoch: int) -> tuple[int, int]:
        """The offset and epoch that stamp a shard's own columns.

        - `furthest`: the offset of the last change that is being folded.
        - `position`, `epoch`: up to where the shard was folded before (-1: never), and its last correction there.
        """
        ...


class FirstFold:
    """Events in the order of the log. Folding them once more writes the same rows with the same stamps."""

    def of_record(self, offset: int) -> int:
        """See Stamps."""
        return stamp_of(offset)

    def of_shard(self, *, furthest: int, position: int, epoch: int) -> tuple[int, int]:
        """The last change's own: a late writer's total loses against one that was folded further."""
        return furthest, 0


class Correction:
    """Events that were set aside and are folded after what came behind them.

    The shard's columns are stamped at what was folded already, with the next epoch: at the old record's own offset
    the corrected total would lose against the one that lacks it, and at the same epoch two corrections would tie.
    """

    def __init__(self, numbers: Mapping[int, int]):
        """`numbers`: which correction this is of each record, by offset, from 1 on."""
        self._numbers = numbers

    def of_record(self, offset: int) -> int:
        """See Stamps."""
        return stamp_of(offset, epoch=self._numbers[offset])

    def of_shard(self, *, furthest: int, position: int, epoch: int) -> tuple[int, int]:
        """See Stamps."""
        at = max(position, furthest)
        return at, (epoch + 1 if at == position else 1)


FIRST_FOLD = FirstFold()
