"""The bucket in memory, which passes the same contract as the real one: `test_objects_contract.py`."""

import hashlib
from collections.abc import Mapping

from processors.objects import ObjectChanged, ObjectsUnavailable


class MemoryObjects:
    """See ObjectStore. It doesn't answer so many calls of each method as `down` says.

    `sentinel`: whether it is there."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.down: dict[str, int] = {}
        self.sentinel = True

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """See ObjectStore."""
        self._answer("read")
        if key not in self.objects:
            self._check_bucket()
        if key not in self.objects or etag_of(self.objects[key]) != etag:
            raise ObjectChanged(key)
        return self.objects[key][: most + 1]

    async def write(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
        self._answer("write")
        self.objects[key] = data

    async def remove(self, key: str) -> None:
        """See ObjectStore."""
        self._answer("remove")
        self._check_bucket()
        self.objects.pop(key, None)

    async def remove_all(self, prefix: str) -> None:
        """See ObjectStore."""
        if not prefix:
            raise ValueError("everything")
        self._answer("remove_all")
        self._check_bucket()
        self.objects = {key: data for key, data in self.objects.items() if not key.startswith(prefix)}

    def _check_bucket(self) -> None:
        if not self.sentinel:
            raise ObjectsUnavailable("no sentinel")

    def _answer(self, method: str) -> None:
        if self.down.get(method, 0) > 0:
            self.down[method] -= 1
            raise ObjectsUnavailable(method)


def etag_of(data: bytes) -> str:
    """S3's ETag of an object that came in one part."""
    return f'"{hashlib.md5(data).hexdigest()}"'
