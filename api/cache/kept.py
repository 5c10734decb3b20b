"""The answers that a process keeps: bounded by bytes, the least recently used out first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from api.cache.metrics import CacheMetrics
from api.cache.sizes import Made, SizeEstimates, Unit
from projections.store.table import Table


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read: a row or None, or a tuple of rows, or what was made of many; and when the read began, or the first
    of them, in seconds of the process's clock."""

    began: float
    value: Any


@dataclass(frozen=True, slots=True)
class Bound:
    """When a read must have begun to answer a request: after `not_before`, and not before `oldest`."""

    not_before: float
    oldest: float

    def allows(self, began: float) -> bool:
        """Whether the rule lets the answer of a read that began then be given."""
        return began > self.not_before and began >= self.oldest


class KeptAnswers:
    """Answers by unit, at most `most_bytes` of them by estimate."""

    def __init__(self, most_bytes: int, metrics: CacheMetrics):
        self._most, self._metrics = most_bytes, metrics
        self._sizes = SizeEstimates()
        self._answers: OrderedDict[Unit, tuple[Answer, int]] = OrderedDict()
        self._held: dict[Table | Made, int] = {}
        self.bytes = 0

    def get(self, unit: Unit) -> Answer | None:
        """The unit's answer, which is then the most recently used one."""
        entry = self._answers.get(unit)
        if entry is None:
            return None
        self._answers.move_to_end(unit)
        return entry[0]

    def put(self, unit: Unit, answer: Answer, oldest: float) -> None:
        """Keeps an answer, unless there is one whose read began later, or it is larger than all that may be kept.

        Makes room, also of what nobody can be given any more: reads that began before `oldest`."""
        known = self._answers.get(unit)
        if known is not None and known[0].began > answer.began:
            return
        self._drop(unit)
        if (size := self._sizes.size(unit, answer.value)) > self._most:
            return
        self._answers[unit] = (answer, size)
        self._count(unit, size)
        while self._answers:
            first, (least, _) = next(iter(self._answers.items()))
            if self.bytes > self._most:
                self._metrics.evicted(first[1])
            elif least.began >= oldest:
                return
            self._drop(first)

    def _drop(self, unit: Unit) -> None:
        entry = self._answers.pop(unit, None)
        if entry is not None:
            self._count(unit, -entry[1])

    def _count(self, unit: Unit, size: int) -> None:
        self.bytes += size
        table: Table | Made = unit[1]
        if table not in self._held:
            self._metrics.holds(table, lambda: self._held[table])
        self._held[table] = self._held.get(table, 0) + size
