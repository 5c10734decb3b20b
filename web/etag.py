"""JSON responses with an ETag (RFC 9110): a client that has the body already gets 304 and no body."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

CACHING = "private, no-cache"  # the viewer's own client may keep it, and must revalidate it each time


def tagged_response(
    request: Request, tag: str, write: Callable[[], bytes], headers: Mapping[str, str] | None = None
) -> Response:
    """Responds with the JSON that `write` writes and its ETag; with 304, and without writing it, if the request's
    If-None-Match names that tag."""
    sent = {"ETag": tag, "Cache-Control": CACHING, **(headers or {})}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=sent)
    return Response(write(), headers=sent, media_type="application/json")


def matches(given: str, tag: str) -> bool:
    """Whether If-None-Match names a tag. The comparison is the weak one (RFC 9110, section 8.8.3.2)."""
    if not given:
        return False
    tags = (each.strip().removeprefix("W/") for each in given.split(","))
    return given.strip() == "*" or tag.removeprefix("W/") in tags
