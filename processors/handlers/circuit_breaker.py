"""The circuit breaker: stops an app before a fault of its own sends all of a topic to the dead letters.

A bad record is the record's fault, and goes to the dead letters. When very many in a row are bad, the fault is more
likely ours: a fold with a bug, a reactor that lacks something, a registry that forgot. Then nothing more is sent: the
batch stays unacknowledged, `progress` stays before it, and it is tried again until its cause is mended.

What is counted is, for each name (a projection, a reactor, or `*` for records that can't be decoded or stored), how
many records in a row that it was to handle became dead letters, over all partitions of the app, in the order in which
their batches end. One that it handled well sets its count to 0. The counts begin at 0 with the process.
"""

from collections.abc import Iterable, Sequence

from prometheus_client import Gauge

from events.positions import Position
from processors.handlers.batch import Partition
from processors.handlers.reject import Reject

REASON_CHARACTERS = 500  # of an error's text, where health checks and status show it
OPEN = Gauge("darkroom_circuit_open", "Whether the app stands still, as too many records in a row failed", ["app"])

Attempt = tuple[str, int]  # the name that was to handle a record, and the record's offset


class CircuitOpen(Exception):
    """Too many records in a row would become dead letters: none of this batch's is sent, and the batch is retried."""

    def __init__(self, *, name: str, position: Position, reason: str, limit: int):
        self.name, self.position, self.reason = name, position, reason
        super().__init__(
            f"{reason[:REASON_CHARACTERS]}; more than {limit} records in a row would be dead letters for {name}, from"
            f" {position} on, so none of them is sent. It goes on by itself when the cause is mended; where they are"
            " to be dead letters, raise DARKROOM_DEAD_LETTERS_IN_A_ROW (0: no limit) and start the worker again"
        )


class CircuitBreaker:
    """The circuit breaker of one app; `limit` 0 never opens it."""

    def __init__(self, app: str, limit: int):
        self._limit, self._gauge = limit, OPEN.labels(app)
        self._streaks: dict[str, int] = {}  # name -> how many in a row; those of 0 are left out
        self._counted: dict[Partition, int] = {}  # the offset below which a partition's records are counted
        self._open: dict[Partition, CircuitOpen] = {}

    @property
    def reason(self) -> str:
        """Why the app stands still, in one partition of it at least; empty while it doesn't."""
        return str(next(iter(self._open.values()), ""))

    def opened(self, partition: Partition) -> CircuitOpen | None:
        """What a partition's last attempt was stopped by; None if it wasn't."""
        return self._open.get(partition)

    def begin(self, partition: Partition, offset: int) -> None:
        """Counts a partition's records from an offset on: those below were counted, or aren't ours."""
        self._counted[partition] = offset

    def close(self) -> None:
        """Forgets what stood still: with a new assignment all batches begin anew, perhaps elsewhere."""
        self._open.clear()
        self._gauge.set(0)

    def check(self, partition: Partition, rejects: Sequence[Reject], attempts: Iterable[Attempt]) -> dict[str, int]:
        """Counts a batch without keeping it. `attempts` are all of its records, by name, in rising order.

        Raises CircuitOpen if a count would go beyond the limit."""
        streaks = dict(self._streaks)
        if not rejects and not streaks:
            return streaks
        failed = {(reject.counted_as, reject.record.offset): reject for reject in rejects}
        first: dict[str, Reject] = {}
        for name, offset in attempts:
            if offset < self._counted.get(partition, 0):
                continue
            reject = failed.get((name, offset))
            if reject is None:
                streaks.pop(name, None)
                first.pop(name, None)
                continue
            streaks[name] = streaks.get(name, 0) + 1
            begun = first.setdefault(name, reject)
            if 0 < self._limit < streaks[name]:
                self._open[partition] = CircuitOpen(
                    name=name,
                    position=Position(partition.topic, partition.partition, begun.record.offset),
                    reason=begun.reason,
                    limit=self._limit,
                )
                self._gauge.set(1)
                raise self._open[partition]
        return streaks

    def count(self, partition: Partition, rejects: Sequence[Reject], attempts: Iterable[Attempt], end: int) -> None:
        """Counts a batch that ends before the offset `end`; what was counted already isn't counted again.

        Raises CircuitOpen if a count would go beyond the limit; then nothing of the batch is counted."""
        self._streaks = self.check(partition, rejects, attempts)
        self._counted[partition] = max(end, self._counted.get(partition, 0))
        self._open.pop(partition, None)
        self._gauge.set(1 if self._open else 0)
