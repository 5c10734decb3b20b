"""The film: what makes a photo look as if a disposable camera had taken it. Bytes in, bytes out.

    outcome = develop_photo(photo_id, data, taken_on)               in this process
    async with Pool(workers=2) as pool:                             in processes with limits, which can be killed
        outcome = await pool.filter(photo_id, data, taken_on)

docs/film.md says what the look does, and shows it.
"""

from processors.film.filter import develop_photo
from processors.film.limits import LIMITS, Limits
from processors.film.outcome import Filtered, Reason, Rejected, Variant
from processors.film.sandbox.pool import Pool, PoolClosed
from processors.film.version import FILTER_VERSION

__all__ = [
    "FILTER_VERSION",
    "LIMITS",
    "Filtered",
    "Limits",
    "Pool",
    "PoolClosed",
    "Reason",
    "Rejected",
    "Variant",
    "develop_photo",
]
