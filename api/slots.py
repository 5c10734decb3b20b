"""Slots: the places in a body for what differs from viewer to viewer, while it isn't known yet who asks.

A body is written once, with a mark for each slot, and cut at the marks. For a viewer it is then joined again, with what
belongs in the slots between the pieces. A mark is between zero bytes, which are nowhere else: text has them escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from api import presentation

MARK = b"\0"
TAG_BYTES = 12
PIECE = 64  # bytes that a piece takes in memory beside its text


class Slot(NamedTuple):
    """What the viewer has to do with a thing: a `photo`, a `user` or a `roll`."""

    kind: str
    id: UUID


def mark(kind: str, identity: UUID) -> orjson.Fragment:
    """What stands in a body for a slot."""
    return orjson.Fragment(f"\0{kind} {identity}\0")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A body that was cut at its slots: there is one slot less than there are pieces of text.

    `digest` is of the text, and `after` where a list goes on: see `api.answers`."""

    text: Sequence[bytes]
    slots: Sequence[Slot]
    digest: bytes
    after: str | None

    @property
    def size(self) -> int:
        """The bytes that it takes in memory, about."""
        return sum(map(len, self.text)) + 4 * PIECE * len(self.text)

    def tag(self, filled: Sequence[bytes]) -> str:
        """The weak ETag of the whole body: it is another one where anything in the body is."""
        return f'W/"{blake2b(MARK.join([self.digest, *filled]), digest_size=TAG_BYTES).hexdigest()}"'

    def joined(self, filled: Sequence[bytes]) -> bytes:
        """The whole body."""
        return b"".join(chain.from_iterable(zip(self.text, (*filled, b""), strict=True)))


def cut(body: Mapping[str, Any], after: str | None = None) -> Pieces:
    """Writes a body with marks in it, and cuts it."""
    written = orjson.dumps(body).split(MARK)
    names = [name.decode().split(" ") for name in written[1::2]]
    text, slots = tuple(written[::2]), tuple(Slot(kind, UUID(identity)) for kind, identity in names)
    return Pieces(text, slots, blake2b(MARK.join(written)).digest(), after)


@lru_cache(maxsize=64)
def photo_viewer(liked: bool) -> bytes:
    """What fills a photo's slot."""
    return orjson.dumps(presentation.photo_viewer(liked))


@lru_cache(maxsize=64)
def user_viewer(following: bool, followed_by: bool) -> bytes:
    """What fills a person's slot."""
    return orjson.dumps(presentation.user_viewer(following, followed_by))


@lru_cache(maxsize=64)
def roll_viewer(role: str | None, following: bool) -> bytes:
    """What fills a roll's slot."""
    return orjson.dumps(presentation.roll_viewer(role, following))
