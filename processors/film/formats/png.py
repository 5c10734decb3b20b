"""Strips a PNG to the chunks that make its picture."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from processors.film.outcome import Reason, Refused

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"IDAT", b"IEND"})
_PROFILE_BYTES = 1_000_000
_CHUNKS = 100_000


def check_and_strip(data: bytes, max_pixels: int) -> bytes:
    """Drops text, animation and unknown chunks, so that no decompression bomb in them is unpacked.

    An animated PNG becomes its still picture. Raises Refused if it is damaged, too_many_pixels or too_many_parts.
    """
    kept = [SIGNATURE]
    for number, (kind, chunk) in enumerate(_chunks(data)):
        if number == 0 and (kind != b"IHDR" or len(chunk) != 25):
            raise Refused(Reason.DAMAGED)
        if number == 0 and int.from_bytes(chunk[8:12], "big") * int.from_bytes(chunk[12:16], "big") > max_pixels:
            raise Refused(Reason.TOO_MANY_PIXELS)
        if number > 0 and kind == b"IHDR":
            raise Refused(Reason.DAMAGED)
        if number >= _CHUNKS:
            raise Refused(Reason.TOO_MANY_PARTS)
        if kind in _KEPT and not (kind == b"iCCP" and _is_bomb(chunk[8:-4])):
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept)
    raise Refused(Reason.DAMAGED)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields each chunk's type and its whole bytes: length, type, content, checksum (W3C PNG, 5.3)."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 4 : at + 8], data[at:end]
        at = end


def _is_bomb(profile: bytes) -> bool:
    """Whether an iCCP chunk (name, 0, method, zlib stream) unpacks to more than a megabyte, or not at all."""
    _, _, packed = profile.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        inflater.decompress(packed[1:], _PROFILE_BYTES)
    except zlib.error:
        return True
    return not inflater.eof
