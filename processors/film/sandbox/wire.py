"""What the pool and its workers say to each other, in bytes of fixed shape.

Never pickle: a worker reads strangers' files, so its parent must not run what it says.
"""

from __future__ import annotations

import struct
from datetime import date
from uuid import UUID

from processors.film.outcome import Filtered, Reason, Rejected, Variant
from processors.film.version import FILTER_VERSION

READY = b"ready\n"
"""A worker's first words."""
NAMES = ("full", "feed", "thumb")

JOB = struct.Struct(">16sII")
"""Photo id, date (proleptic Gregorian ordinal), length of the photo that follows."""
ANSWER = struct.Struct(">?32s9I")
"""Filtered or not; blurhash or the reason's code; width, height and length of each variant that follows."""


def job_head(photo_id: UUID, data: bytes, taken_on: date) -> bytes:
    """The head of a job; `data` follows it."""
    return JOB.pack(photo_id.bytes, taken_on.toordinal(), len(data))


def read_job_head(head: bytes) -> tuple[UUID, int, date]:
    """The photo's id, its length in bytes and its date."""
    photo_id, day, length = JOB.unpack(head)
    return UUID(bytes=photo_id), length, date.fromordinal(day)


def answer(outcome: Filtered | Rejected) -> list[bytes]:
    """The head of an answer, then the variants."""
    if isinstance(outcome, Rejected):
        return [ANSWER.pack(False, outcome.code.encode(), *[0] * 9)]
    variants = [outcome.variants[name] for name in NAMES]
    numbers = [number for one in variants for number in (one.width, one.height, len(one.data))]
    return [ANSWER.pack(True, outcome.blurhash.encode(), *numbers), *(one.data for one in variants)]


class Answer:
    """A worker's answer: its head, checked, then its body. Raises ValueError for what no worker of ours says."""

    def __init__(self, head: bytes, most_bytes: int) -> None:
        filtered, text, *numbers = ANSWER.unpack(head)
        self._filtered: bool = filtered
        self._text = bytes(text).rstrip(b"\0").decode("ascii")
        self._shapes = [tuple(numbers[at : at + 3]) for at in (0, 3, 6)]
        self.body_bytes = sum(length for _, _, length in self._shapes)
        if self.body_bytes > most_bytes:
            raise ValueError("a worker answered with too much")

    def outcome(self, body: bytes) -> Filtered | Rejected:
        """What the answer says."""
        if not self._filtered:
            return Rejected.because(Reason.of(self._text))
        variants: dict[str, Variant] = {}
        at = 0
        for name, (width, height, length) in zip(NAMES, self._shapes, strict=True):
            variants[name] = Variant(body[at : at + length], width, height)
            at += length
        return Filtered(variants, self._text, FILTER_VERSION)
