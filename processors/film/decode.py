"""Decodes untrusted bytes to a picture: upright, RGB, at most 2048 px. The format is told by the bytes alone."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from processors.film import colour
from processors.film.colour import Picture
from processors.film.formats import heic, jpeg, png, webp
from processors.film.limits import Limits
from processors.film.outcome import Reason, Refused

# What Pillow's readers raise for bad input. Image.open knows the same list; libheif's are among them.
_UNREADABLE = (
    OSError,
    SyntaxError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_ORIENTATION = 0x0112
# EXIF 2.32, 4.6.4: how the stored picture must be turned to stand upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, limits: Limits) -> Picture:
    """Decodes `data` to RGB, upright, without metadata, its long side at most `limits.full_px`.

    It is never enlarged. A JPEG larger than that is decoded at a half, a quarter or an eighth, which costs a fifth of
    decoding it all and scaling it down. Raises Refused if it can't be decoded within the limits, MemoryError if the
    process' memory limit is reached.
    """
    if not data:
        raise Refused(Reason.EMPTY)
    if len(data) > limits.upload_bytes:
        raise Refused(Reason.TOO_MANY_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of broken EXIF blocks and the like; we only need the picture
            return _decode(data, limits)
    except _UNREADABLE as error:
        raise Refused(Reason.DAMAGED) from error


def _decode(data: bytes, limits: Limits) -> Picture:
    image = _open(data, limits)
    width, height = image.size
    if width * height > limits.pixels:
        raise Refused(Reason.TOO_MANY_PIXELS)
    if isinstance(image, JpegImageFile):
        scale = jpeg.draft_scale(max(image.size), wanted=limits.draft_px)
        image.draft(None, (max(1, width // scale), max(1, height // scale)))
    turn = None if heic.is_heic(data) else _UPRIGHT.get(_orientation(image))
    image.load()
    picture = colour.to_rgb(_scaled_down(colour.to_scalable(image), limits.full_px))
    return picture if turn is None else picture._replace(image=picture.image.transpose(turn))


def fit_within(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """The size scaled down, never up, to a long side of `long_side`; both sides in whole pixels, at least 1."""
    longest = max(size)
    if longest <= long_side:
        return size
    width, height = (max(1, (side * long_side + longest // 2) // longest) for side in size)
    return width, height


def _open(data: bytes, limits: Limits) -> Image.Image:
    """Opens `data` with the reader of its format. Pillow's own `open` isn't used: it would try forty formats."""
    if data.startswith(b"\xff\xd8\xff"):
        jpeg.check(data, max_pixels=limits.pixels, max_scans=limits.scans)
        return JpegImageFile(BytesIO(data))
    if data.startswith(png.SIGNATURE):
        return PngImageFile(BytesIO(png.check_and_strip(data, limits.pixels)))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        webp.check(data, limits.pixels)
        return WebPImageFile(BytesIO(data))
    if heic.is_heic(data):
        return heic.primary_picture(data, max_pixels=limits.pixels, max_frames=limits.frames)
    raise Refused(Reason.NOT_A_PHOTO)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; a broken EXIF block counts as upright."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _UNREADABLE:
        return 1
    return value if isinstance(value, int) else 1


def _scaled_down(image: Image.Image, long_side: int) -> Image.Image:
    size = fit_within(image.size, long_side)
    # reducing_gap: whole-number box reduction first, then the fine filter; several times faster, never visible.
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
