"""What a dead letter says of its record, and what is left out of one that is too large."""

from dataclasses import dataclass, field, replace

import pytest

from events.positions import Position
from processors.handlers.dead_letter import DeadLetter, send
from producers.publisher import Headers, NotPublished, RefusedRecord
from tests.kit import run

LETTER = DeadLetter(Position("graph", 3, 41), b"the key", b"the value", "it's no event", "followers", 2)
SAID: Headers = [
    ("position", b"graph-3@41"),
    ("reason", b"it's no event"),
    ("projection", b"followers"),
    ("generation", b"2"),
    ("key-is-null", b"0"),
    ("value-is-null", b"0"),
]


@dataclass
class Letters:
    """A publisher of letters that refuses those with more bytes than `most`."""

    most: int = 1000
    down: bool = False
    sent: list[tuple[str, bytes | None, bytes | None, Headers]] = field(default_factory=list)

    async def raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """See Publisher."""
        if self.down:
            raise NotPublished("down")
        if len(key or b"") + len(value or b"") > self.most:
            raise RefusedRecord("too large")
        self.sent.append((topic, key, value, headers))


def test_a_letter_has_its_records_bytes_and_says_where_it_was_and_why() -> None:
    letters = Letters()
    run(send(letters, LETTER))  # type: ignore[arg-type]
    assert letters.sent == [("deadletters", b"the key", b"the value", SAID)]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (None, b"", [("key-is-null", b"1"), ("value-is-null", b"0")]),
        (b"", None, [("key-is-null", b"0"), ("value-is-null", b"1")]),
    ],
)
def test_a_letter_tells_nothing_from_emptiness(key: bytes | None, value: bytes | None, said: Headers) -> None:
    letters = Letters()
    run(send(letters, replace(LETTER, key=key, value=value)))  # type: ignore[arg-type]
    assert letters.sent == [("deadletters", key, value, [*SAID[:4], *said])]


def test_a_letter_that_is_refused_goes_without_its_bytes_and_says_how_many_they_were() -> None:
    letters = Letters(most=15)
    run(send(letters, LETTER))  # type: ignore[arg-type]
    assert letters.sent == [("deadletters", None, None, [*SAID, ("cut", b"7,9")])]


def test_a_letter_without_a_key_that_is_refused_says_so() -> None:
    letters = Letters(most=8)
    run(send(letters, replace(LETTER, key=None)))  # type: ignore[arg-type]
    said = [*SAID[:4], ("key-is-null", b"1"), ("value-is-null", b"0"), ("cut", b"0,9")]
    assert letters.sent == [("deadletters", None, None, said)]


def test_a_letter_that_isnt_acknowledged_is_not_cut() -> None:
    letters = Letters(down=True)
    with pytest.raises(NotPublished):
        run(send(letters, LETTER))  # type: ignore[arg-type]
    assert letters.sent == []


def test_a_reason_is_cut_to_2000_characters_and_can_always_be_sent() -> None:
    headers = replace(LETTER, reason="é" * 3000).headers()
    assert headers[1] == ("reason", ("é" * 2000).encode())
    headers = replace(LETTER, reason="\ud800").headers()
    assert headers[1] == ("reason", b"\\ud800")
