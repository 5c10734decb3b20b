"""Makes stray light: halation, vignette, leaks. All of it is soft, so it is computed small and enlarged."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from processors.film.look import seed

Plane = NDArray[np.uint8]

_SHRINK = 8
# How much a grey of 0 to 255 scatters: nothing below 190, everything from 246 up, rising with the square.
_SCATTERS = [min(255, max(0, g - 190) ** 2 * 255 // 56**2) for g in range(256)]
# How strongly blurred light glows: steeply at first, for a small lamp, then flat, for a field of snow.
_NEAR = [v * 150 // (v + 60) for v in range(256)]
_FAR = [v * 150 // (v + 20) for v in range(256)]
_LEAK_ONE_IN = 6


def halation(picture: Image.Image) -> Plane:
    """Makes halation, light reflected by the back of the film: a glow around the brightest places.

    Returns the glow's strength for each pixel of `picture` (height, width), 0 to 255. It is taken away inside the
    highlights themselves, which are bright already: snow stays white, and only its edge glows.
    """
    bright = picture.convert("L").point(_SCATTERS)
    small = bright.reduce(_SHRINK)
    radius = max(1, max(small.size) // 100)
    near, far, wide = (_blur(small, radius * times) for times in (1, 4, 16))
    halo = ImageChops.add(near.point(_NEAR), ImageChops.subtract(far, wide).point(_FAR))
    return _enlarge(np.asarray(ImageChops.subtract(halo, small)), picture.size)


@lru_cache(maxsize=4)
def vignette(size: tuple[int, int]) -> Plane:
    """The light that a plastic lens lets through: shape (height, width), 255 in the middle, about 200 in corners."""
    width, height = 96, 96
    x = (np.arange(width, dtype=np.int64) * 2 + 1 - width) ** 2
    y = (np.arange(height, dtype=np.int64) * 2 + 1 - height) ** 2
    away = (y[:, None] + x[None, :]) * 255 // (width**2 + height**2)  # squared distance, 255 in the corners
    lost = away * away // 255 * 42 // 255 + away * 14 // 255
    return _enlarge((255 - lost).astype(np.uint8), size)


def leak(photo_id: UUID, size: tuple[int, int]) -> tuple[Plane, Plane] | None:
    """Makes a light leak for one photo in six, otherwise None: red and green light, each (height, width), 0 to 255.

    The back of the camera isn't quite closed: a warm veil from one short or long edge, brighter and yellower
    towards the edge.
    """
    if seed.number(photo_id, "leak?") % _LEAK_ONE_IN:
        return None
    chance = seed.number(photo_id, "leak", 128)
    side, chance = chance % 4, chance >> 8
    centre, chance = 20 + chance % 56, chance >> 8
    length, chance = 22 + chance % 30, chance >> 8
    depth = 16 + chance % 18
    x, y = np.arange(96, dtype=np.int64)[None, :], np.arange(96, dtype=np.int64)[:, None]
    along, across = (y, x) if side % 2 == 0 else (x, y)
    across = across if side < 2 else 95 - across
    slant = across * (centre - 48) // 64
    fall = np.maximum(0, 256 - across * 256 // depth)
    width = np.maximum(0, 256 - (along - centre - slant) ** 2 * 256 // length**2)
    veil = fall * fall // 256 * width // 256
    red = np.minimum(veil * 200 // 256, 235).astype(np.uint8)
    green = np.minimum(veil * veil // 256 * 120 // 256, 200).astype(np.uint8)
    soft = [np.asarray(_blur(Image.fromarray(plane), 4)) for plane in (red, green)]
    return _enlarge(soft[0], size), _enlarge(soft[1], size)


def _blur(image: Image.Image, radius: int) -> Image.Image:
    """Blurs nearly as a Gaussian. Three box blurs of whole radius are exact; GaussianBlur has a radius of floats."""
    box = ImageFilter.BoxBlur(radius)
    return image.filter(box).filter(box).filter(box)


def _enlarge(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))
