"""Derives all randomness in a photo's look from its id, so that it is the same every time."""

from __future__ import annotations

import hashlib
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


def number(photo_id: UUID, purpose: str, bits: int = 64) -> int:
    """Derives an integer of `bits` bits (a multiple of 8, up to 512), independent for each photo and purpose."""
    return int.from_bytes(hashlib.blake2b(photo_id.bytes + purpose.encode(), digest_size=bits // 8).digest(), "big")


def noise(photo_id: UUID, purpose: str, count: int) -> NDArray[np.uint8]:
    """Derives `count` random bytes, uniform over 0 to 255.

    They are PCG64's raw output: its stream is guaranteed not to change between NumPy versions (NEP 19), and its
    integers are the same on every processor, which the floats of `normal()` aren't.
    """
    words = np.random.PCG64(number(photo_id, purpose, 128)).random_raw(-(-count // 8))
    return words.astype("<u8", copy=False).view(np.uint8)[:count]
