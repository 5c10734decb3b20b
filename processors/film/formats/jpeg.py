"""Walks a JPEG's segments before any decoder reads them."""

from __future__ import annotations

import re

from processors.film.outcome import Reason, Refused

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Within a scan 0xFF is followed by 00 (stuffing), FF (fill) or D0 to D7 (restart): ITU T.81, B.1.1.2 to B.1.1.5.
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def check(data: bytes, *, max_pixels: int, max_scans: int) -> None:
    """Refuses a JPEG of too many pixels or scans, by its markers alone (1.4 GB/s; decodes nothing).

    A progressive JPEG costs the decoder a pass over the whole picture for each scan, however short the scan is:
    a few kilobytes can keep it busy for minutes. Raises Refused if it is damaged, too_many_pixels or too_many_parts.
    """
    at, scans, sized = 0, 0, False
    while found := _MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        if kind == _EOI:
            break
        if kind in (_SOI, 0x01):
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2:
            raise Refused(Reason.DAMAGED)
        if kind in _FRAMES:
            sized = True
            height = int.from_bytes(data[at + 3 : at + 5], "big")
            width = int.from_bytes(data[at + 5 : at + 7], "big")
            if width * height > max_pixels:
                raise Refused(Reason.TOO_MANY_PIXELS)
        scans += kind == _SOS
        if scans > max_scans:
            raise Refused(Reason.TOO_MANY_PARTS)
        at += length
    if not sized or not scans:
        raise Refused(Reason.DAMAGED)


def draft_scale(long_side: int, *, wanted: int) -> int:
    """The most that a JPEG can be scaled down while it is decoded (1, 2, 4 or 8) and still have `wanted` px."""
    return next((scale for scale in (8, 4, 2) if long_side >= wanted * scale), 1)
