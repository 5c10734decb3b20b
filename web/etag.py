"""JSON responses with an ETag (RFC 9110): a client that has the body already gets 304 and no body."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

CACHING = "private, no-cache"  # the viewer's own client may keep it, and must revalidate it each time


def json_response(request: Request, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Responds with a body as JSON and its weak ETag; with 304 if the request's If-None-Match names that tag."""
    written = orjson.dumps(body)
    tag = f'W/"{hashlib.blake2b(written, digest_size=12).hexdigest()}"'
    sent = {"ETag": tag, "Cache-Control": CACHING, **(headers or {})}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=sent)
    return Response(written, headers=sent, media_type="application/json")


def matches(given: str, tag: str) -> bool:
    """Whether If-None-Match names a tag. The comparison is the weak one (RFC 9110, section 8.8.3.2)."""
    tags = (each.strip().removeprefix("W/") for each in given.split(","))
    return given.strip() == "*" or tag.removeprefix("W/") in tags
