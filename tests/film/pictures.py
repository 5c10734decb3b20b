"""Pictures to test the film with: made in whole numbers, so that they are the same everywhere."""

from datetime import date
from functools import lru_cache
from io import BytesIO
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Exif

from processors.film.look import seed
from processors.film.outcome import Filtered, Rejected, Variant

DAY = date(2026, 11, 21)
PHOTO = UUID("5f0c3a52-8a0e-4c3b-9a40-0d1b5fd4d101")  # no light leak
LEAKING = next(photo for n in range(100) if seed.number(photo := UUID(int=n), "leak?") % 6 == 0)

# A picture's four corners, to see which way up it is.
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 30), (30, 30, 220), (250, 250, 250)


@lru_cache(maxsize=8)
def scene(width: int = 640, height: int = 480) -> Image.Image:
    """Sky, a hill, a lamp and a face-coloured disc: something of everything that the film does."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    y, x = y * 480 // height, x * 640 // width
    levels = np.stack([110 + y // 6, 140 + y // 7, 200 - y // 20], axis=-1)
    hill = y > 260 + (x - 320) ** 2 // 900
    levels[hill] = np.stack([60 + x // 12, 90 + y // 16, 40 + x // 20], axis=-1)[hill]
    levels[(x - 180) ** 2 + (y - 300) ** 2 < 3600] = (224, 172, 140)
    levels[y > 430] = (8, 9, 12)
    levels[(x - 500) ** 2 + (y - 120) ** 2 < 300] = (255, 252, 240)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


@lru_cache(maxsize=2)
def corners(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green, blue and white quarters: upper left, upper right, lower left, lower right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file of Pillow's format `kind`."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(variant: Variant | bytes) -> Image.Image:
    """A JPEG, decoded by Pillow."""
    image = Image.open(BytesIO(variant.data if isinstance(variant, Variant) else variant))
    image.load()
    return image


def pixels(image: Image.Image) -> NDArray[np.int64]:
    """The picture as (height, width, 3)."""
    return np.asarray(image.convert("RGB")).astype(np.int64)


def exif(orientation: int | None = None) -> Exif:
    """An EXIF block with a GPS position, and perhaps an orientation."""
    block = Image.Exif()
    if orientation is not None:
        block[0x0112] = orientation
    block[0x010F] = "SecretPhone"
    block.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.34), 3: "E", 4: (13.0, 24.0, 18.0), 29: "2026:11:21"})
    return block


def filtered(outcome: Filtered | Rejected) -> Filtered:
    """The outcome of a photo that should have been developed."""
    assert isinstance(outcome, Filtered), outcome
    return outcome


def rejected(outcome: Filtered | Rejected) -> str:
    """The code of a photo that should have been rejected; its reason must be a sentence for its owner."""
    assert isinstance(outcome, Rejected), outcome
    assert outcome.reason[0].isupper()
    assert outcome.reason.endswith(".")
    assert "Error" not in outcome.reason
    assert "Traceback" not in outcome.reason
    return outcome.code
