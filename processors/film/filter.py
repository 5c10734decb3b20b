"""One photo, from what was uploaded to what is shown. Bytes in, bytes out, nothing else touched."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from processors.film import variants
from processors.film.blurhash import blurhash
from processors.film.decode import decode
from processors.film.limits import LIMITS, Limits
from processors.film.look import look
from processors.film.outcome import Filtered, Reason, Refused, Rejected
from processors.film.version import FILTER_VERSION


def develop_photo(photo_id: UUID, data: bytes, taken_on: date, limits: Limits = LIMITS) -> Filtered | Rejected:
    """Develop the JPEG, PNG, WebP or HEIC in `data`; `taken_on` is the photographer's local date, for the stamp.

    Whatever is wrong with `data` comes back as Rejected. The same arguments and FILTER_VERSION give the same bytes.
    The limits on time, and on memory beyond Python's own MemoryError, hold only in a `Pool`.
    """
    try:
        picture = decode(data, limits)
        exposed = look.expose(picture, photo_id, taken_on)
        sizes = variants.regrained(variants.scaled(exposed, limits), photo_id)
        return Filtered(variants.encoded(sizes), blurhash(sizes["thumb"]), FILTER_VERSION)
    except Refused as refused:
        return Rejected.because(refused.reason)
    except MemoryError:
        return Rejected.because(Reason.TOO_MUCH_MEMORY)
