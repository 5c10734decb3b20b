"""What the reactors ask of the bucket: its protocol and its errors, without the client that talks to it."""

from typing import Protocol


class ObjectsUnavailable(Exception):
    """The object store doesn't answer, or the bucket that we are set to isn't ours: retry."""


class ObjectChanged(Exception):
    """The object isn't there any more, or isn't the one that was registered."""


class ObjectStore(Protocol):
    """Photos' objects. Every call raises ObjectsUnavailable if the object store doesn't answer.

    So does one that finds nothing in a bucket without the sentinel that provisioning puts into ours: it is another
    bucket, or what is left of ours, and says nothing about any photo."""

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """Reads an object, one byte more than `most` at the most.

        Raises ObjectChanged if it is gone or has another ETag."""
        ...

    async def write(self, key: str, data: bytes) -> None:
        """Writes a JPEG."""
        ...

    async def remove(self, key: str) -> None:
        """Removes an object; one that isn't there is removed."""
        ...

    async def remove_all(self, prefix: str) -> None:
        """Removes every object whose key begins with `prefix`. Raises ValueError if that is empty."""
        ...
