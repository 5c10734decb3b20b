"""Pages of lists: a limit, an opaque cursor, `next` in the body and in a Link header (RFC 8288)."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import Depends, Query
from starlette.requests import Request

from projections.serving.problems import bad_request

VERSION = 1
LONGEST_CURSOR = 512
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor:
    """Where a list's next page begins, as text: a base64url JSON array of version, list, and a key's values.

    It is neither secret nor signed: whoever makes one up sees what he may see, from somewhere else. It names a row's
    key and no place in a table, so it outlives rebuilds, and rows that come before it.
    """

    def __init__(self, name: str, *types: type):
        """`types`: of a key's values, each UUID, datetime (kept in ms), int or str."""
        self._name, self._types = name, types

    def encode(self, key: Sequence[Any]) -> str:
        """The cursor that goes on after the row with this key."""
        written = json.dumps([VERSION, self._name, *map(plain, key)], separators=(",", ":"))
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    def decode(self, cursor: str | None) -> tuple[Any, ...]:
        """The key that a cursor names; empty for None. Problem 400 for what isn't this list's cursor."""
        if cursor is None:
            return ()
        try:
            if len(cursor) > LONGEST_CURSOR:
                raise ValueError("too long")
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            version, name, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if version != VERSION or name != self._name:
                raise ValueError("of another list")
            return tuple(value_of(kind, value) for kind, value in zip(self._types, values, strict=True))
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise bad_request("The cursor isn't one of this list.") from None


def plain(value: Any) -> Any:
    """A key's value as JSON has it."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(milliseconds=1)
    return str(value) if isinstance(value, UUID) else value


def value_of(kind: Any, value: Any) -> Any:
    """A key's value read back. ValueError, TypeError or OverflowError if it is none."""
    written: type = int if kind in (datetime, int) else str
    if type(value) is not written:  # bool is an int to isinstance
        raise TypeError(f"{value!r} isn't {written.__name__}")
    if kind is datetime:
        return EPOCH + timedelta(milliseconds=value)
    return kind(value)


@dataclass(frozen=True, slots=True)
class Paging:
    """What a request asks of a list: at most `limit` items, from `cursor` on."""

    limit: int
    cursor: str | None


async def paging(
    limit: Annotated[int, Query(ge=1, le=100, description="How many items at most.")] = 30,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Paging:
    """The paging parameters of a request."""
    return Paging(limit, cursor)


Paged = Annotated[Paging, Depends(paging)]


def page(items: list[Any], following: str | None) -> dict[str, Any]:
    """The body of a list."""
    return {"items": items, "next": following}


def link_to(request: Request, following: str | None) -> dict[str, str]:
    """The Link header of a page: the same request with the next cursor. Relative, so that no Host can bend it."""
    if following is None:
        return {}
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    target = f"{quote(request.scope['path'], safe='/@')}?{urlencode([*query, ('cursor', following)])}"
    return {"Link": f'<{target}>; rel="next"'}
