"""The bucket, as the filter uses it: uploads are read as they were registered, and the filtered sizes are written."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from events.settings import Settings
from processors.object_store import ObjectChanged, ObjectsUnavailable
from producers.s3 import s3_client

GONE = {"404", "NoSuchKey", "412", "PreconditionFailed"}


class Objects:
    """Reads and writes photos' objects; the client's calls block, so they run in threads."""

    def __init__(self, settings: Settings):
        self._bucket = settings.bucket
        # One attempt: the lease decides for how long to try.
        self._client = s3_client(settings, seconds=30, attempts=1, connections=16)

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """An object's bytes, one more than `most` at the most, if it still has this ETag.

        ObjectChanged; ObjectsUnavailable."""

        def get() -> bytes:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, IfMatch=etag)
            with answer["Body"] as body:
                data = body.read(most + 1)
            if len(data) < min(answer["ContentLength"], most + 1):  # botocore says nothing of it
                raise ConnectionError(f"{key} was cut short after {len(data)} bytes")
            return data

        return await self._call(get)

    async def write(self, key: str, data: bytes) -> None:
        """Writes a JPEG. ObjectsUnavailable."""
        await self._call(
            lambda: self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType="image/jpeg",
                CacheControl="private, max-age=31536000, immutable",
            )
        )

    async def remove(self, key: str) -> None:
        """Removes an object; one that isn't there is removed. ObjectsUnavailable."""
        await self._call(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def close(self) -> None:
        """Closes the client's connections."""
        self._client.close()

    async def _call(self, call: Any) -> Any:
        try:
            return await asyncio.to_thread(call)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in GONE:
                raise ObjectChanged(str(error)) from error
            raise ObjectsUnavailable(str(error)) from error
        except (BotoCoreError, OSError) as error:
            raise ObjectsUnavailable(f"{type(error).__name__}: {error}") from error


def variant_key(photo_id: UUID, version: str, name: str) -> str:
    """Where a filtered size lies: under its photo and film version, so that a new look never overwrites an old one."""
    return f"photos/{photo_id}/{hashlib.sha256(version.encode()).hexdigest()[:12]}/{name}.jpg"
