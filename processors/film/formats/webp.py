"""Reads a WebP's canvas before its decoder allocates memory for it."""

from __future__ import annotations

from processors.film.outcome import Reason, Refused


def check(data: bytes, max_pixels: int) -> None:
    """Refuses a WebP of too many pixels. Raises Refused if it is damaged or too_many_pixels.

    The canvas stands in the first chunk (RFC 9649, 2.5 to 2.7). Of an animation only the first frame is decoded,
    so the number of frames costs nothing.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise Refused(Reason.DAMAGED)
    if kind == b"VP8X":
        width, height = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    else:
        raise Refused(Reason.DAMAGED)
    if width * height > max_pixels:
        raise Refused(Reason.TOO_MANY_PIXELS)
