"""The outcomes of filtering: a filtered photo, or a rejection with a reason that its owner can read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Variant(NamedTuple):
    """One size of a photo: a JPEG without metadata, and its width and height in pixels."""

    data: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, {self.width} x {self.height}>"


@dataclass(frozen=True, slots=True)
class Filtered:
    """A filtered photo. `variants` has the keys full, feed and thumb."""

    variants: dict[str, Variant]
    blurhash: str
    version: str


class Reason(Enum):
    """The reason for a rejection. Its name, in lower case, is the code: it is in the log, so it never changes."""

    EMPTY = "This photo arrived empty. Please send it again."
    NOT_A_PHOTO = "This file isn't a photo we can read. We take JPEG, PNG, WebP and HEIC."
    DAMAGED = "This photo is damaged or didn't arrive whole."
    TOO_MANY_BYTES = "This photo is larger than 30 MB."
    TOO_MANY_PIXELS = "This photo has more than 60 megapixels."
    TOO_MANY_PARTS = "This file holds more than one photo should. Please send the photo on its own."
    TOO_MUCH_MEMORY = "This photo needs more memory to develop than we can give it."
    TOO_LONG = "This photo took too long to develop."
    UNDEVELOPABLE = "Something in this photo stops us from developing it."

    @property
    def code(self) -> str:
        """The stable code, such as `too_many_pixels`."""
        return self.name.lower()

    @classmethod
    def of(cls, code: str) -> Reason:
        """The reason with this code. Raises ValueError if there is none."""
        for reason in cls:
            if reason.code == code:
                return reason
        raise ValueError(f"no such reason: {code}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A photo that can't be filtered: `code` for programs, `reason` a sentence for its owner."""

    code: str
    reason: str

    @classmethod
    def because(cls, reason: Reason) -> Rejected:
        """The rejection for one of the known reasons."""
        return cls(reason.code, reason.value)


Outcome = Filtered | Rejected


class Refused(Exception):
    """Raised within the film to end in `Rejected`; it never leaves `filter_photo`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason
