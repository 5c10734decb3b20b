"""Computes blurhashes in whole numbers: the same string on every processor, in half a millisecond.

The format is https://github.com/woltapp/blurhash/blob/master/Algorithm.md. The `blurhash` package takes ten times as
long in pure Python, and its floats may round differently elsewhere; the tests hold this one against it.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_SIDE = 32
_ONE = 1 << 16  # fixed point of light
_COS = 1 << 14  # and of cosines


def _light(srgb: float) -> int:
    """Converts sRGB 0 to 255 to linear light, in 1/65536 (IEC 61966-2-1)."""
    value = srgb / 255
    return round(_ONE * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4))


_LINEAR = np.array([_light(value) for value in range(256)], dtype=np.int64)
_BETWEEN = [_light(value + 0.5) for value in range(255)]


def blurhash(picture: Image.Image) -> str:
    """The blurhash of an RGB picture: 4 x 3 components if it lies, 3 x 4 if it stands; always 28 characters."""
    scale = max(1, -(-max(picture.size) // _SIDE))
    pixels = _LINEAR[np.asarray(picture.reduce(scale))]
    across, down = (4, 3) if picture.width >= picture.height else (3, 4)
    average, *waves = _factors(pixels, across, down)
    strongest = max(abs(value) for wave in waves for value in wave)
    step = min(82, max(0, (strongest * 332 - _ONE) // (2 * _ONE)))  # floor(strongest * 166 - 0.5)
    red, green, blue = (bisect(_BETWEEN, value) for value in average)
    head = _base83(across - 1 + (down - 1) * 9, 1) + _base83(step, 1) + _base83(red << 16 | green << 8 | blue, 4)
    return head + "".join(_base83(_wave(wave, step + 1), 2) for wave in waves)


def _factors(pixels: NDArray[np.int64], across: int, down: int) -> list[list[int]]:
    """The cosine components of pixels (height, width, 3), row by row, each three values in 1/65536."""
    height, width, _ = pixels.shape
    sums = np.tensordot(_cosines(down, height), pixels, 1)  # (down, width, 3)
    sums = np.tensordot(_cosines(across, width), sums, (1, 1))  # (across, down, 3), below 2**55
    scaled = sums * 2 // (width * height * _COS * _COS)
    scaled[0, 0] //= 2
    return [[int(value) for value in scaled[i, j]] for j in range(down) for i in range(across)]


def _cosines(count: int, length: int) -> NDArray[np.int64]:
    rows = [[round(_COS * math.cos(math.pi * wave * at / length)) for at in range(length)] for wave in range(count)]
    return np.array(rows, dtype=np.int64)


def _wave(values: Sequence[int], step: int) -> int:
    """Three values as base-19 digits, each floor(9 sqrt(value / maximum) + 9.5). IEEE square roots are exact."""
    number = 0
    for value in values:
        root = math.copysign(math.sqrt(abs(value) * 166 / (step * _ONE)), value)
        number = number * 19 + min(18, max(0, math.floor(root * 9 + 9.5)))
    return number


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
