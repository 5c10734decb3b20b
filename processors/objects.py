"""The object store on S3: uploads are read as they were registered, and the filtered sizes are written."""

import asyncio
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from events.reachability import REFUSES, reachability
from events.settings import Settings
from processors.object_store import ObjectChanged, ObjectsUnavailable
from producers.s3 import s3_client

GONE = {"404", "NoSuchKey", "412", "PreconditionFailed"}


class Objects:
    """See ObjectStore. The client's calls block, so they run in threads."""

    def __init__(self, settings: Settings):
        self._settings, self._bucket = settings, settings.bucket
        self._reachable = reachability(f"The object store at {settings.s3_url}")

    @cached_property
    def _client(self) -> Any:
        """Made with the first call: most reactors need none. One attempt: the lease decides for how long to try."""
        return s3_client(self._settings, seconds=30, attempts=1, connections=16)

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """See ObjectStore."""

        def get() -> bytes:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, IfMatch=etag)
            with answer["Body"] as body:
                data = body.read(most + 1)
            if len(data) < min(answer["ContentLength"], most + 1):  # for which botocore raises nothing
                raise ConnectionError(f"{key} was cut short after {len(data)} bytes")
            return data

        return await self._call(get)

    async def write(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
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
        """See ObjectStore."""
        await self._call(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def close(self) -> None:
        """Closes the client's connections."""
        self._client.close()

    async def _call(self, call: Any) -> Any:
        try:
            found = await asyncio.to_thread(call)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in GONE:
                self._reachable.answered()
                raise ObjectChanged(str(error)) from error
            self._reachable.failed(str(error), REFUSES)
            raise ObjectsUnavailable(str(error)) from error
        except (BotoCoreError, OSError) as error:
            self._reachable.failed(error)
            raise ObjectsUnavailable(f"{type(error).__name__}: {error}") from error
        self._reachable.answered()
        return found
