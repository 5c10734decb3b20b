"""Where a photo's pictures lie in the bucket: keys follow from the photo, the filter's version and the size."""

import hashlib
from functools import lru_cache
from uuid import UUID

SIZES = ("full", "feed", "thumb")


def prefix_of(photo_id: UUID) -> str:
    """What the keys of all that is made of a photo begin with; its upload has a key of its own."""
    return f"photos/{photo_id}/"


def image_key(photo_id: UUID, filter_version: str, size: str) -> str:
    """The key of a filtered size: under its photo and filter version, so a new look never overwrites an old one."""
    return f"{prefix_of(photo_id)}{folder_of(filter_version)}/{size}.jpg"


@lru_cache(64)
def folder_of(filter_version: str) -> str:
    """A version's name in keys: 12 hexadecimal digits."""
    return hashlib.sha256(filter_version.encode()).hexdigest()[:12]
