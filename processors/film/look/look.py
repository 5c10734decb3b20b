"""Applies the look of the film. Everything is whole numbers, so the same photo gives the same bytes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processors.film.colour import Picture
from processors.film.look import grain, light, stamp
from processors.film.look.cube import cube

Plane = NDArray[np.uint8]
Wide = NDArray[np.int16]

_BAND = 64  # rows at a time, which stay in the processor's cache
_GLOW = (150, 56, 14)  # red, green and blue of halation, in 1/256
_GRAIN, _SPECKLE = 31, 10  # silver, the same in all layers, and dye, different in each; in 1/256 of the field
_SHIFTS = ((0, 0), (19, 37), (41, 11))  # where each layer's own speckle is taken from the field


def expose(picture: Picture, photo_id: UUID, taken_on: date) -> Image.Image:
    """Exposes an upright picture on the film: a new image of the same size, in sRGB.

    The steps come in the order of nature: the date is burnt in, the lens darkens the corners, light scatters in the
    film and leaks into the camera, silver clumps, and the print gives it its colours. `photo_id` decides grain and
    leak.
    """
    image, table = picture.image.copy(), cube(picture.profile)
    size = image.size
    stamp.burn(image, taken_on)
    planes = [np.asarray(plane) for plane in image.split()]
    lens, glow, silver = light.vignette(size), light.halation(image), grain.field(photo_id, size)
    leaked = light.leak(photo_id, size)
    out = np.empty((size[1], size[0]), dtype=np.uint32)
    for top in range(0, size[1], _BAND):
        rows = slice(top, min(top + _BAND, size[1]))
        index = _band(rows, planes, lens, glow, leaked, silver)
        np.take(table, index, out=out[rows], mode="clip")
    return Image.frombytes("RGB", size, out.tobytes(), "raw", "RGBX")


def _band(
    rows: slice,
    planes: list[Plane],
    lens: Plane,
    glow: Plane,
    leaked: tuple[Plane, Plane] | None,
    silver: Plane,
) -> NDArray[np.uint32]:
    """Exposes some rows: each pixel's index in the film's table. No product below exceeds 65,280."""
    width = lens.shape[1]
    kept = lens[rows].astype(np.uint16)
    scattered = glow[rows].astype(np.uint16)
    clumps = _grain(silver, rows, width, (0, 0), _GRAIN)
    index = np.zeros((rows.stop - rows.start, width), dtype=np.uint32)
    for channel, plane in enumerate(planes):
        x = plane[rows] * kept
        x >>= 8
        x += ((255 - x) * (scattered * _GLOW[channel] >> 8)) >> 8
        if leaked is not None and channel < 2:
            x += ((255 - x) * leaked[channel][rows]) >> 8
        level = x.view(np.int16)
        rough = _grain(silver, rows, width, _SHIFTS[channel], _SPECKLE)
        rough += clumps
        rough *= 272 - level  # bright places have no gaps left between the clumps
        rough >>= 8
        level += rough
        np.clip(level, 0, 255, out=level)
        level >>= 2
        index <<= 6
        index |= x
    return index


def _grain(silver: Plane, rows: slice, width: int, shift: tuple[int, int], strength: int) -> Wide:
    down, right = shift
    piece = silver[rows.start + down : rows.stop + down, right : right + width].astype(np.int16)
    piece -= 128
    piece *= strength
    piece >>= 8
    return piece
