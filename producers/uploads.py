"""Uploads: photos go from the phone straight to the object store, by a form that is good for one object.

The server chooses the object's key, which holds the person's id, so that nobody can register what another has sent.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from events.reachability import REFUSES, of_object_store
from events.settings import Settings
from producers.limits import UPLOAD_BYTES, UPLOAD_LIFETIME
from producers.s3 import s3_client

ABSENT = ("404", "NoSuchKey", "NotFound")


class StorageUnavailable(Exception):
    """The object store doesn't answer, or with an error: a retry may help."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where to POST a file to (multipart/form-data: these fields, and then `file`), and until when."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object that was sent: its ETag, without quotes, and its size in bytes."""

    etag: str
    size: int


class Uploads(Protocol):
    """What the gateway needs of the object store."""

    def form(self, key: str, *, content_type: str, now: datetime) -> Form:
        """Returns a form that makes an object with this key and content type, of 1 byte to 30 MB."""
        ...

    async def find(self, key: str) -> Uploaded | None:
        """Returns the object with this key, None if there is none. Raises StorageUnavailable."""
        ...


def object_key(user_id: UUID, *, upload_id: UUID) -> str:
    """Returns the key of the object that a person's upload makes."""
    return f"uploads/{user_id}/{upload_id}"


class S3Uploads:
    """See Uploads. Signing needs no network."""

    def __init__(self, settings: Settings):
        self._bucket = settings.bucket
        self._reachable = of_object_store(settings)
        self._client = s3_client(settings, seconds=5, attempts=2, connections=32)

    def form(self, key: str, *, content_type: str, now: datetime) -> Form:
        """See Uploads."""
        post = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, UPLOAD_BYTES]],
            ExpiresIn=int(UPLOAD_LIFETIME.total_seconds()),
        )
        return Form(post["url"], post["fields"], (now + UPLOAD_LIFETIME).replace(microsecond=0))

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    async def find(self, key: str) -> Uploaded | None:
        """See Uploads."""
        try:
            head = await asyncio.to_thread(self._client.head_object, Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ABSENT:
                self._reachable.answered()
                return None
            why = await asyncio.to_thread(self._why, key, error)
            self._reachable.failed(why, REFUSES)
            raise StorageUnavailable(why) from error
        except BotoCoreError as error:
            self._reachable.failed(error)
            raise StorageUnavailable(str(error)) from error
        self._reachable.answered()
        return Uploaded(head["ETag"].strip('"'), head["ContentLength"])

    def _why(self, key: str, error: ClientError) -> str:
        """Returns why the store refuses. The answer to a HEAD has no body that says so; that to a GET has."""
        try:
            self._client.get_object(Bucket=self._bucket, Key=key, Range="bytes=0-0")["Body"].close()
        except (ClientError, BotoCoreError) as told:
            return str(told)
        return str(error)
