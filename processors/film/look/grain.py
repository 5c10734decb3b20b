"""Makes grain: clumps of silver, as large in proportion on every size of the picture."""

from __future__ import annotations

from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processors.film.look import seed

_ACROSS = 1100
"""Grains along the long side: a 2000 px picture has grains of nearly two pixels."""
_MARGIN = 64
_RESTORED = 17  # in 1/256, at middle grey


def field(photo_id: UUID, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Makes grain for a picture of `size`: shape (height + 64, width + 64), mean 127, deviation about 30.

    The margin lets `look` take a second, shifted field out of the same one. A picture with fewer pixels than the
    film has grains gets a grain for each pixel, made weaker, as the softening of larger ones would.
    """
    width, height = size[0] + _MARGIN, size[1] + _MARGIN
    longest = max(size)
    grains = min(_ACROSS, longest)
    across, down = (max(1, -(-side * grains // longest)) for side in (width, height))
    pair = seed.noise(photo_id, "grain", 2 * across * down).reshape(2, down, across)
    if grains == longest:
        return (pair[0] >> 2) + (pair[0] >> 3) + (pair[1] >> 2) + (pair[1] >> 3) + 32
    triangular = (pair[0] >> 1) + (pair[1] >> 1)
    return np.asarray(Image.fromarray(triangular).resize((width, height), Image.Resampling.BILINEAR))


def restore(picture: Image.Image, photo_id: UUID, grained_px: int) -> Image.Image:
    """Adds grain to `picture` (RGB), about as much as the one of `grained_px` long side had that it was scaled from.

    Scaled to a third, grain averages to nothing. The new grain is fine, the same in all channels, and weaker towards
    black and white, as the print curve makes it.
    """
    grains, longest = min(grained_px, _ACROSS), max(picture.size)
    if longest >= grains:
        return picture
    strength = min(_RESTORED, _RESTORED * (grains - longest) * 10 // (grains * 7))
    pixels = np.asarray(picture).astype(np.int16)
    shape = pixels.shape[:2]
    pair = seed.noise(photo_id, "fine grain", 2 * shape[0] * shape[1]).reshape(2, *shape)
    rough = (pair[0] >> 1).astype(np.int16) + (pair[1] >> 1) - 127
    light = pixels[:, :, 1]
    rough = (rough * (light * (255 - light) >> 8) >> 6) * strength >> 8
    pixels += rough[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
