"""The binary frames between the pool and its workers.

Never pickle: a worker reads strangers' files, so its parent must not run what it sends.
"""

from __future__ import annotations

import struct
from datetime import date
from uuid import UUID

from processors.film.outcome import Filtered, Outcome, Reason, Rejected, Variant
from processors.film.version import filter_version

READY = b"ready\n"
"""Sent by a worker once, when it can take jobs."""
NAMES = ("full", "feed", "thumb")

JOB = struct.Struct(">16sII")
"""Photo id, date (proleptic Gregorian ordinal), length of the photo that follows."""
RESULT = struct.Struct(">?32s9I")
"""Filtered or not; blurhash or the reason's code; width, height and length of each variant that follows."""


def job_head(photo_id: UUID, data: bytes, taken_on: date) -> bytes:
    """Packs the head of a job; `data` follows it."""
    return JOB.pack(photo_id.bytes, taken_on.toordinal(), len(data))


def read_job_head(head: bytes) -> tuple[UUID, int, date]:
    """Unpacks the photo's id, its length in bytes and its date."""
    photo_id, day, length = JOB.unpack(head)
    return UUID(bytes=photo_id), length, date.fromordinal(day)


def result_frames(outcome: Outcome) -> list[bytes]:
    """Packs the head of a result, then the variants."""
    if isinstance(outcome, Rejected):
        return [RESULT.pack(False, outcome.code.encode(), *[0] * 9)]
    variants = [outcome.variants[name] for name in NAMES]
    numbers = [number for variant in variants for number in (variant.width, variant.height, len(variant.data))]
    return [RESULT.pack(True, outcome.blurhash.encode(), *numbers), *(variant.data for variant in variants)]


class Result:
    """A worker's result: its head, checked, then its body. Raises ValueError if no worker of ours can have sent it."""

    def __init__(self, head: bytes, most_bytes: int) -> None:
        filtered, text, *numbers = RESULT.unpack(head)
        self._filtered: bool = filtered
        self._text = bytes(text).rstrip(b"\0").decode("ascii")
        self._shapes = [tuple(numbers[at : at + 3]) for at in (0, 3, 6)]
        self.body_bytes = sum(length for _, _, length in self._shapes)
        if self.body_bytes > most_bytes:
            raise ValueError(f"a worker's result has {self.body_bytes} bytes")

    def outcome(self, body: bytes) -> Outcome:
        """Unpacks the outcome. Raises ValueError if its reason is unknown."""
        if not self._filtered:
            return Rejected.because(Reason.of(self._text))
        variants: dict[str, Variant] = {}
        at = 0
        for name, (width, height, length) in zip(NAMES, self._shapes, strict=True):
            variants[name] = Variant(body[at : at + length], width, height)
            at += length
        return Filtered(variants, self._text, filter_version())
