"""Makes the film's colours: one table of 64 x 64 x 64, in whole numbers.

A colour negative and its print, in three steps: dyes that also see their neighbours' light (crosstalk), a curve
for each layer (an S with lifted blacks; red ends higher and blue lower in the lights, the other way round in the
shadows), and a saturation that leaves the extremes, with greens towards olive and blues towards cyan. Skin, where
red > green > blue, keeps its hue, in the shadows too.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from processors.film.colour import srgb_levels

Ints = NDArray[np.int64]

BITS = 6
"""Bits of each channel that select an entry; grain is added before, and dithers away the steps of the others."""
_ONE = 256  # fixed point: 1.0

# How much of each channel a layer is exposed to, in 1/256; rows sum to 256, so greys stay grey.
_CROSSTALK = ((242, 10, 4), (8, 240, 8), (4, 14, 238))
# Curves through these points, in 8-bit steps: (0, 32, 64, 96, 128, 160, 192, 224, 256) -> out.
_RED = (8, 29, 65, 106, 147, 183, 214, 239, 254)
_GREEN = (12, 35, 70, 107, 144, 178, 208, 234, 251)
_BLUE = (17, 42, 75, 108, 138, 168, 199, 227, 244)
# Saturation by luma, in 1/256, at the same nine points.
_SATURATION = (214, 250, 276, 286, 286, 278, 268, 252, 232)


@lru_cache(maxsize=8)
def cube(profile: bytes | None = None) -> NDArray[np.uint32]:
    """Makes the table for pictures in sRGB, or in the space of an RGB profile (a phone maker has one or two).

    Shape (262144,): index red << 12 | green << 6 | blue (6 bits of each), value as Pillow's RGBX, which is
    red | green << 8 | blue << 16, little-endian. 25 ms to make, 1 MB, kept.
    """
    grid = _grid(profile)
    exposed = [(a * grid[0] + b * grid[1] + c * grid[2]) >> 8 for a, b, c in _CROSSTALK]
    curves = (_RED, _GREEN, _BLUE)
    printed = [_curve(knots, channel) for knots, channel in zip(curves, exposed, strict=True)]
    red, green, blue = _saturate(*_shift_hues(*printed))
    blue = blue - _warm_shadows(exposed)
    red, green, blue = (np.clip((channel + _ONE // 2) >> 8, 0, 255) for channel in (red, green, blue))
    return (red | green << 8 | blue << 16).astype("<u4")


def _grid(profile: bytes | None) -> list[Ints]:
    """The red, green and blue of each entry, in the middle of its bucket of four levels, in 1/256 steps of sRGB."""
    entries = np.arange(1 << 3 * BITS, dtype=np.int64)
    levels = [(entries >> shift & 63) * 4 + 2 for shift in (2 * BITS, BITS, 0)]
    if profile is not None:
        converted = srgb_levels(np.stack(levels, axis=1).astype(np.uint8), profile).astype(np.int64)
        levels = [converted[:, channel] for channel in range(3)]
    return [np.maximum(level * _ONE - _ONE // 2, 0) for level in levels]


def _curve(knots: tuple[int, ...], x: Ints | int) -> Ints:
    """Interpolates nine knots 32 apart (cubic Hermite, Catmull-Rom tangents); x and the result in 1/256 steps."""
    y = np.array(knots, dtype=np.int64) * _ONE
    slope = np.empty_like(y)
    slope[1:-1] = (y[2:] - y[:-2]) // 2
    slope[0], slope[-1] = y[1] - y[0], y[-1] - y[-2]
    cell = np.clip(np.asarray(x, dtype=np.int64) >> 13, 0, 7)
    t = np.asarray(x, dtype=np.int64) - (cell << 13)  # 0 to 8192 within the cell
    a, b, p, q = y[cell], y[cell + 1], slope[cell], slope[cell + 1]
    cubic = 2 * (a - b) + p + q
    square = 3 * (b - a) - 2 * p - q
    return a + ((((((cubic * t) >> 13) + square) * t >> 13) + p) * t >> 13)


def _shift_hues(red: Ints, green: Ints, blue: Ints) -> tuple[Ints, Ints, Ints]:
    """Shifts foliage towards olive and blue skies towards cyan; everything else stays as it is."""
    leaf = np.maximum(green - np.maximum(red, blue), 0)
    sky = np.maximum(blue - np.maximum(red, green), 0)
    return (
        red + (leaf * 40 >> 8),
        green - (leaf * 18 >> 8) + (sky * 20 >> 8),
        blue - (leaf * 10 >> 8) - (sky * 8 >> 8),
    )


def _warm_shadows(exposed: list[Ints]) -> Ints:
    """The blue to take out of the cool shadows where the dark is warm: deep skin is brown, not grey."""
    red, green, blue = exposed
    dark = np.maximum(128 * _ONE - _luma(red, green, blue), 0) >> 7  # 256 in black, nothing from middle grey on
    warm = np.clip(red - blue, 0, green)  # brown, not red
    return warm * dark * 110 >> 16


def _saturate(red: Ints, green: Ints, blue: Ints) -> tuple[Ints, Ints, Ints]:
    luma = _luma(red, green, blue)
    amount = _curve(_SATURATION, luma) >> 8
    red, green, blue = (luma + ((channel - luma) * amount >> 8) for channel in (red, green, blue))
    return red, green, blue


def _luma(red: Ints, green: Ints, blue: Ints) -> Ints:
    return (54 * red + 183 * green + 19 * blue) >> 8  # ITU-R BT.709
