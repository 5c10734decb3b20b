"""Positions in the log, as answers and requests carry them: `photos-3@41,rolls-0@7`."""

from dataclasses import dataclass

from events.topics import TOPICS, Partitioning


class MalformedPosition(ValueError):
    """Not a position of this log."""


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """Where one record is in the log."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}@{self.offset}"


def parse_position(text: str, partitioning: Partitioning | None = None) -> Position:
    """One position. Raises MalformedPosition if it isn't one, or names a partition that a log so divided hasn't."""
    where, _, offset = text.strip().rpartition("@")
    topic, _, partition = where.rpartition("-")
    if (
        topic not in TOPICS
        or not partition.isdecimal()
        or not offset.isdecimal()
        or len(partition) > 6
        or len(offset) > 18
    ):
        raise MalformedPosition(f"{text[:80]!r} isn't a position such as photos-3@41")
    if partitioning is not None and int(partition) >= partitioning[topic]:
        raise MalformedPosition(f"{topic} has no partition {partition}")
    return Position(topic, int(partition), int(offset))


def parse_positions(text: str, partitioning: Partitioning | None = None, most: int = 64) -> list[Position]:
    """Several positions separated by commas; of one partition only the furthest.

    Raises MalformedPosition if one isn't a position (see `parse_position`), or there are more than `most`."""
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) > most:
        raise MalformedPosition(f"more than {most} positions")
    furthest: dict[tuple[str, int], Position] = {}
    for position in (parse_position(part, partitioning) for part in parts):
        earlier = furthest.get((position.topic, position.partition))
        if earlier is None or earlier.offset < position.offset:
            furthest[position.topic, position.partition] = position
    return sorted(furthest.values())


def format_positions(positions: list[Position]) -> str:
    """The form that `parse_positions` reads."""
    return ",".join(map(str, positions))
