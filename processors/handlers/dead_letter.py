"""Dead letters: records that no retry will mend, with their bytes untouched, where they were, and why."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from events.positions import Position
from processors.handlers.batch import Partition
from processors.handlers.circuit_breaker import Attempt, CircuitBreaker
from processors.handlers.patient import transient
from processors.handlers.reject import Reject
from processors.transport.lease import Lease
from producers.publisher import Headers, Publisher, RefusedRecord
from projections.projection import GENERATION

TOPIC = "deadletters"
REASON_CHARACTERS = 2000  # of an error's text, which may quote the record
LETTERS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record set aside: its key and value as they were, its position, and who couldn't take it and why."""

    position: Position
    key: bytes | None
    value: bytes | None
    reason: str
    projection: str  # the projection or reactor, or EVERY
    generation: int

    def headers(self, cut: bool = False) -> Headers:
        """What is said of the record, beside its bytes. `cut`: these are left out, for being too many."""
        said: Headers = [
            ("position", str(self.position).encode()),
            ("reason", self.reason[:REASON_CHARACTERS].encode(errors="backslashreplace")),
            ("projection", self.projection.encode()),
            ("generation", str(self.generation).encode()),
            ("key-is-null", b"1" if self.key is None else b"0"),
            ("value-is-null", b"1" if self.value is None else b"0"),
        ]
        return [*said, ("cut", f"{len(self.key or b'')},{len(self.value or b'')}".encode())] if cut else said


SendLetter = Callable[[DeadLetter], Awaitable[None]]


class DeadLetterQueue:
    """Where one app's rejects go, a batch's at a time. Without a circuit breaker it takes any number of them."""

    def __init__(self, send: SendLetter, breaker: CircuitBreaker | None = None, generation: int = GENERATION):
        self._send, self._generation = send, generation
        self.breaker = breaker or CircuitBreaker("none", limit=0)

    async def take(
        self, partition: Partition, rejects: Sequence[Reject], attempts: Iterable[Attempt], end: int, lease: Lease
    ) -> None:
        """Sends a batch's rejects, many at once, and returns when all are acknowledged. See `CircuitBreaker.count`.

        Raises CircuitOpen, and LeaseLost."""
        self.breaker.count(partition, rejects, attempts, end)
        for i in range(0, len(rejects), LETTERS_AT_ONCE):
            sent = (self._append(partition, reject, lease) for reject in rejects[i : i + LETTERS_AT_ONCE])
            for failure in await asyncio.gather(*sent, return_exceptions=True):
                if failure is not None:
                    raise failure

    async def _append(self, partition: Partition, reject: Reject, lease: Lease) -> None:
        record = reject.record
        position = Position(partition.topic, partition.partition, record.offset)
        letter = DeadLetter(position, record.key, record.value, reject.reason, reject.name, self._generation)
        await lease.retry(lambda: self._send(letter), transient=transient)


async def send(publisher: Publisher, letter: DeadLetter) -> None:
    """Appends a dead letter, and returns when it is acknowledged. Raises NotPublished.

    A letter has twice the room of any record. Yet a topic's limit is one of compressed bytes, so a record that another
    producer packed tightly can be beyond it: then the letter goes without key and value (`cut` has their sizes), which
    stay where they are in the log. Refused for ever, it would hold up its partition for ever.
    """
    try:
        await publisher.raw(TOPIC, letter.key, letter.value, letter.headers())
    except RefusedRecord:
        await publisher.raw(TOPIC, None, None, letter.headers(cut=True))
