"""Makes the three sizes of a photo: JPEGs that hold nothing but the picture."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from PIL import Image

from processors.film.decode import fit_within
from processors.film.limits import Limits
from processors.film.look import grain
from processors.film.outcome import Variant

# Quality by variant, chosen by eye and size. Optimised Huffman tables and progressive scans would save
# a tenth of the bytes for three times the time.
QUALITY = {"full": 84, "feed": 82, "thumb": 80}


def scale(full: Image.Image, limits: Limits) -> dict[str, Image.Image]:
    """Scales `full` down to feed and thumb, each from the next larger one."""
    feed = _fit(full, limits.feed_px)
    return {"full": full, "feed": feed, "thumb": _fit(feed, limits.thumb_px)}


def encode(pictures: dict[str, Image.Image]) -> dict[str, Variant]:
    """Encodes each picture as a baseline JPEG, 4:2:0, without EXIF, XMP, comments or profile."""
    return {
        name: Variant(_jpeg(picture, QUALITY[name]), picture.width, picture.height)
        for name, picture in pictures.items()
    }


def restore_grain(pictures: dict[str, Image.Image], photo_id: UUID) -> dict[str, Image.Image]:
    """Adds grain to the thumb, in place of what scaling down has averaged away."""
    thumb, full = pictures["thumb"], pictures["full"]
    return {**pictures, "thumb": grain.restore(thumb, photo_id, max(full.size))}


def _fit(picture: Image.Image, long_side: int) -> Image.Image:
    size = fit_within(picture.size, long_side)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.BICUBIC)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()
