"""The form that a phone sends a file with: what it allows is signed, and is just this."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from producers.uploads import S3Uploads, StorageUnavailable, object_key
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, SETTINGS, one

pytestmark = pytest.mark.anyio

KEY = object_key(ADA, upload_id=one("upload"))


def test_the_form_is_good_for_one_key_one_type_and_thirty_megabytes() -> None:
    uploads = S3Uploads(SETTINGS.model_copy(update={"s3_secret_key": "secret"}))
    form = uploads.form(KEY, content_type="image/heic", now=NOW)
    uploads.close()
    conditions: list[Any] = json.loads(base64.b64decode(form.fields["policy"]))["conditions"]
    assert {"key": KEY} in conditions
    assert {"Content-Type": "image/heic"} in conditions
    assert ["content-length-range", 1, 30_000_000] in conditions
    assert form.fields["key"] == KEY == f"uploads/{ADA}/{one('upload')}"
    assert form.url.endswith(f"/{SETTINGS.bucket}")
    assert timedelta(minutes=14) < form.expires_at - NOW <= timedelta(minutes=15)


class Skewed:
    """A client of a store whose clock is another: a HEAD is answered without a reason, a GET with one."""

    def head_object(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    def get_object(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": "RequestTimeTooSkewed", "Message": "The clocks differ."}}, "GetObject")


async def test_why_the_store_refuses_is_said_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = S3Uploads(SETTINGS.model_copy(update={"s3_secret_key": "secret"}))
    monkeypatch.setattr(uploads, "_client", Skewed())
    with pytest.raises(StorageUnavailable, match=r"RequestTimeTooSkewed.*The clocks differ\."):
        await uploads.find("key")
