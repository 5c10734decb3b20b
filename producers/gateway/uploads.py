"""Creating uploads: forms that phones send photos with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from producers.gateway.bodies import NewUpload
from producers.gateway.reads import together
from producers.gateway.write import Write, require_active
from producers.uploads import object_key
from projections.visibility import VisibleRows

EXAMPLE: dict[str, Any] = {
    "upload_id": "c7a2c2f5-2a9e-5a0e-9f43-7f3a1d2c9b10",
    "url": "https://photos.example/darkroom-photos",
    "fields": {
        "key": "uploads/bbce2359-3b38-5c04-add3-59bf94bc6cbd/c7a2c2f5-2a9e-5a0e-9f43-7f3a1d2c9b10",
        "Content-Type": "image/jpeg",
        "policy": "eyJleHBpcmF0aW9uIjog…",
        "x-amz-signature": "5c3e…",
    },
    "expires_at": "2026-06-19T21:19:11Z",
}


class UploadForm(BaseModel):
    """Where a file goes: a multipart/form-data POST of these fields, and then `file`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    upload_id: UUID = Field(description="What to register the photo by, once the file is there.")
    url: str
    fields: dict[str, str]
    expires_at: datetime


async def create(new: NewUpload, write: Write) -> Response:
    """A form to send one photo's file with, 1 byte to 30 MB, good for 15 minutes.

    The same Idempotency-Key gives the same upload_id, with a fresh form."""
    resources = write.resources
    visible = VisibleRows(resources.store, write.actor, resources.clock())
    _, command = await together(require_active(visible), write.keep_key())
    upload_id = command.derived_id("upload")
    form = resources.uploads.form(
        object_key(command.actor, upload_id=upload_id), content_type=new.content_type, now=command.at
    )
    content = UploadForm(upload_id=upload_id, url=form.url, fields=form.fields, expires_at=form.expires_at)
    return JSONResponse(content.model_dump(mode="json"), 201)
