"""The object store on S3: uploads are read as they were registered, and the filtered sizes are written."""

import asyncio
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from events.reachability import REFUSES, of_object_store
from events.settings import Settings
from processors.object_store import ObjectChanged, ObjectsUnavailable
from producers.s3 import SENTINEL, s3_client

PAGE = 1000  # keys; the most that S3 lists, or removes, at once
ABSENT = {"404", "NoSuchKey", "NotFound"}
REPLACED = {"412", "PreconditionFailed"}
NO_BUCKET = {"NoSuchBucket"}
MENDED = "see that DARKROOM_BUCKET and DARKROOM_S3 name the bucket with the photos, and run `darkroom up` to prepare it"


class Absent(Exception):
    """There is no such object in the bucket, if that is our bucket at all."""


class Objects:
    """See ObjectStore. The client's calls block, so they run in threads."""

    def __init__(self, settings: Settings):
        self._settings, self._bucket = settings, settings.bucket
        self._reachable = of_object_store(settings)

    @cached_property
    def _client(self) -> Any:
        """Made with the first call: most reactors need none. One attempt: the lease decides for how long to try.

        A cut is noticed by nothing but these seconds without a byte: botocore can't set TCP_USER_TIMEOUT."""
        return s3_client(self._settings, seconds=10, attempts=1, connections=16)

    async def read(self, key: str, etag: str, most: int) -> bytes:
        """See ObjectStore."""

        def get() -> bytes:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, IfMatch=etag)
            with answer["Body"] as body:
                data = body.read(most + 1)
            if len(data) < min(answer["ContentLength"], most + 1):  # for which botocore raises nothing
                raise ConnectionError(f"{key} was cut short after {len(data)} bytes")
            return data

        try:
            return await self._call(get)
        except Absent as error:
            await self._check_bucket()
            raise ObjectChanged(str(error)) from error

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
        await self._check_bucket()  # to another bucket's store, what isn't there is removed
        await self._call(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    async def remove_all(self, prefix: str) -> None:
        """See ObjectStore."""
        if not prefix:
            raise ValueError("an empty prefix would remove everything")
        await self._check_bucket()
        while keys := await self._call(lambda: self._some_keys(prefix)):
            await self._call(lambda keys=keys: self._remove_keys(keys))

    def _some_keys(self, prefix: str) -> list[str]:
        """Lists some of the keys that begin with `prefix`; blocks."""
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=PAGE)
        return [entry["Key"] for entry in page.get("Contents", ())]

    def _remove_keys(self, keys: list[str]) -> None:
        """Removes objects; blocks."""
        named = [{"Key": key} for key in keys]
        answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": named, "Quiet": True})
        if errors := answer.get("Errors"):
            raise ObjectsUnavailable(f"{len(errors)} of {len(keys)} objects can't be removed: {errors[0].get('Code')}")

    def close(self) -> None:
        """Closes the client's connections."""
        self._client.close()

    async def _check_bucket(self) -> None:
        """Raises ObjectsUnavailable if the bucket isn't there, or lacks its sentinel."""
        try:
            await self._call(lambda: self._client.head_object(Bucket=self._bucket, Key=SENTINEL))
        except Absent:
            raise ObjectsUnavailable(f"the bucket {self._bucket} lacks its sentinel {SENTINEL}: {MENDED}") from None

    async def _call(self, call: Any) -> Any:
        """Calls the client in a thread. Raises Absent, ObjectChanged or ObjectsUnavailable."""
        try:
            found = await asyncio.to_thread(call)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ABSENT | REPLACED:
                self._reachable.answered()
                raise (Absent if code in ABSENT else ObjectChanged)(str(error)) from error
            self._reachable.failed(str(error), REFUSES)
            if code in NO_BUCKET:
                raise ObjectsUnavailable(f"there is no bucket {self._bucket}: {MENDED}") from error
            raise ObjectsUnavailable(str(error)) from error
        except (BotoCoreError, OSError) as error:
            self._reachable.failed(error)
            raise ObjectsUnavailable(f"{type(error).__name__}: {error}") from error
        self._reachable.answered()
        return found
