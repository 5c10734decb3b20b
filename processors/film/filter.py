"""Filters one photo, from what was uploaded to what is shown. Bytes in, bytes out, nothing else touched."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from processors.film import variants
from processors.film.blurhash import blurhash
from processors.film.decode import decode
from processors.film.limits import LIMITS, Limits
from processors.film.look import look
from processors.film.outcome import Filtered, Outcome, Reason, Refused, Rejected
from processors.film.version import filter_version


def filter_photo(photo_id: UUID, data: bytes, taken_on: date, limits: Limits = LIMITS) -> Outcome:
    """Filters the JPEG, PNG, WebP or HEIC in `data`; `taken_on` is the photographer's local date, for the stamp.

    Whatever is wrong with `data` is returned as Rejected. The same arguments and filter version give the same bytes.
    The limits on time, and on memory beyond Python's own MemoryError, hold only in a `Pool`.
    """
    try:
        picture = decode(data, limits)
        exposed = look.expose(picture, photo_id, taken_on)
        sizes = variants.restore_grain(variants.scale(exposed, limits), photo_id)
        return Filtered(variants.encode(sizes), blurhash(sizes["thumb"]), filter_version())
    except Refused as refused:
        return Rejected.because(refused.reason)
    except MemoryError:
        return Rejected.because(Reason.TOO_MUCH_MEMORY)
