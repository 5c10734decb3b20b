"""The bucket in memory, which passes the same contract as the real one: `test_objects_contract.py`."""

import hashlib
from collections.abc import Mapping

from processors.objects import ObjectChanged, Objects


class MemoryObjects(Objects):
    """See Objects. `failures` are raised first, one a call."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.failures: list[Exception] = []

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """See Objects."""
        self._fail()
        if key not in self.objects or etag_of(self.objects[key]) != etag:
            raise ObjectChanged(key)
        return self.objects[key][: most + 1]

    async def write(self, key: str, data: bytes) -> None:
        """See Objects."""
        self._fail()
        self.objects[key] = data

    async def remove(self, key: str) -> None:
        """See Objects."""
        self._fail()
        self.objects.pop(key, None)

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


def etag_of(data: bytes) -> str:
    """S3's ETag of an object that came in one part."""
    return f'"{hashlib.md5(data).hexdigest()}"'
