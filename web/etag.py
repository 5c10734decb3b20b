"""Answers to GET: JSON bytes, made once, with an ETag (RFC 9110)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

CACHING = "private, no-cache"  # to be kept by who asked, and asked about again each time


def answer(request: Request, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A body as JSON with a weak ETag; 304 without the body if the request shows that it has it already."""
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'W/"{hashlib.blake2b(written, digest_size=12).hexdigest()}"'
    sent = {"ETag": tag, "Cache-Control": CACHING, **(headers or {})}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=sent)
    return Response(written, headers=sent, media_type="application/json")


def matches(given: str, tag: str) -> bool:
    """Whether If-None-Match names a tag; weak and strong ones compare alike here."""
    tags = (each.strip().removeprefix("W/") for each in given.split(","))
    return given.strip() == "*" or tag.removeprefix("W/") in tags
