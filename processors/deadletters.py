"""Dead letters: records that no retry will mend, with their bytes untouched, where they were, and why."""

from dataclasses import dataclass

from events.positions import Position
from producers.publish import Headers, Publisher

TOPIC = "deadletters"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record set aside: its key and value as they were, its place in the log, and who couldn't take it and why."""

    position: Position
    key: bytes | None
    value: bytes | None
    reason: str
    projection: str  # the projection or processor; `*` for all of the topic's
    generation: int

    def headers(self) -> Headers:
        """What is said of the record, beside its bytes."""
        return [
            ("position", str(self.position).encode()),
            ("reason", self.reason.encode()),
            ("projection", self.projection.encode()),
            ("generation", str(self.generation).encode()),
            ("key-is-null", b"1" if self.key is None else b"0"),
            ("value-is-null", b"1" if self.value is None else b"0"),
        ]


async def send(publisher: Publisher, letter: DeadLetter) -> None:
    """Appends a dead letter, and returns when it is acknowledged. NotPublished, RefusedRecord."""
    await publisher.raw(TOPIC, letter.key, letter.value, letter.headers())
