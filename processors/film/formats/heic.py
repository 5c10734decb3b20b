"""Reads HEIC through libheif: the primary picture, nothing else in the container."""

from __future__ import annotations

from io import BytesIO

import pillow_heif
from PIL import Image
from pillow_heif import options

from processors.film.outcome import Reason, Refused

# The CPU limit is for one thread's work; and libheif needn't look for what isn't used.
options.DECODE_THREADS = 1
options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
# ISO/IEC 23008-12: still pictures (heic, heix, heim, heis), sequences (hevc, hevx, hevm, hevs), either (mif1, msf1).
_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())


def is_heic(data: bytes) -> bool:
    """Whether `data` is an ISO media file of a HEVC picture brand (AVIF, also in that container, is not)."""
    if data[4:8] != b"ftyp":
        return False
    box = data[: min(int.from_bytes(data[:4], "big"), 256)]
    brands = {box[8:12], *(box[at : at + 4] for at in range(16, len(box), 4))}
    return box[8:12] in _BRANDS and not brands & {b"avif", b"avis"}


def primary_picture(data: bytes, *, max_pixels: int, max_frames: int) -> Image.Image:
    """Reads the container's primary picture, turned upright by libheif (not by EXIF: see MIAF).

    A grid (how phones store large pictures) is put together; of a burst or a sequence only the primary picture is
    decoded. 10 and 12 bits become 8. Raises Refused if it is too large, and libheif's own errors if it is damaged.
    """
    container = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
    if len(container) > max_frames:
        raise Refused(Reason.TOO_MANY_PARTS)
    width, height = container.size
    if width * height > max_pixels:
        raise Refused(Reason.TOO_MANY_PIXELS)
    return container.to_pillow()
