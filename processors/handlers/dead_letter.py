"""Dead letters: records that no retry will mend, with their bytes untouched, where they were, and why."""

from dataclasses import dataclass

from events.positions import Position
from producers.publisher import Headers, Publisher, RefusedRecord

TOPIC = "deadletters"
EVERY = "*"  # in place of a projection's name: all of the topic's
REASON_CHARACTERS = 2000  # of an error's text, which may quote the record


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record set aside: its key and value as they were, its place in the log, and who couldn't take it and why."""

    position: Position
    key: bytes | None
    value: bytes | None
    reason: str
    projection: str  # the projection or processor, or EVERY
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


async def send(publisher: Publisher, letter: DeadLetter) -> None:
    """Appends a dead letter, and returns when it is acknowledged. NotPublished.

    A letter has twice the room of any record. Yet a topic's limit is one of compressed bytes, so a record that another
    producer packed tightly can be beyond it: then the letter goes without key and value (`cut` has their sizes), which
    stay where they are in the log. Refused for ever, it would hold up its partition for ever.
    """
    try:
        await publisher.raw(TOPIC, letter.key, letter.value, letter.headers())
    except RefusedRecord:
        await publisher.raw(TOPIC, None, None, letter.headers(cut=True))
