"""Pages of lists: a limit, an opaque cursor, `next` in the body and in a Link header (RFC 8288)."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from fastapi import Depends, Query
from starlette.requests import Request

from web.problems import bad_request

VERSION = 1
LONGEST_CURSOR = 512
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor:
    """Where a list's next page begins: the key of the last row that was looked at, shown or not. It names no place in
    a table, so it outlives rebuilds, and rows that come before it.

    It is sealed (AES-SIV, RFC 5297: the same key gives the same text), because a row that may not be shown, of a photo
    that is late to develop, is no business of whoever decodes the cursor.
    """

    def __init__(self, name: str, *types: type):
        """`types`: of a key's values, each UUID, datetime (kept in ms), int or str."""
        self._name, self._types = name.encode(), types

    def encode(self, secret: str, key: Sequence[Any]) -> str:
        """The cursor that goes on after the row with this key."""
        written = json.dumps([VERSION, *map(plain, key)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(sealer(secret).encrypt(written, [self._name])).decode().rstrip("=")

    def decode(self, secret: str, cursor: str | None) -> tuple[Any, ...]:
        """The key that a cursor names; empty for None. Problem 400 for what isn't this list's cursor."""
        if cursor is None:
            return ()
        try:
            if len(cursor) > LONGEST_CURSOR:
                raise ValueError("too long")
            sealed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            version, *values = json.loads(sealer(secret).decrypt(sealed, [self._name]))
            if version != VERSION:
                raise ValueError("of another version")
            return tuple(value_of(kind, value) for kind, value in zip(self._types, values, strict=True))
        except (InvalidTag, ValueError, TypeError, OverflowError):
            raise bad_request("The cursor isn't one of this list.") from None


@lru_cache(maxsize=4)
def sealer(secret: str) -> AESSIV:
    """The cipher of all cursors; its key derives from the services' secret. RuntimeError if that is empty."""
    if not secret:
        raise RuntimeError("DARKROOM_TOKEN_SECRET is empty")
    return AESSIV(hashlib.sha512(b"cursors\0" + secret.encode()).digest())


def plain(value: Any) -> Any:
    """A key's value as JSON has it."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(milliseconds=1)
    return str(value) if isinstance(value, UUID) else value


def value_of(kind: type, value: Any) -> Any:
    """A key's value read back. ValueError, TypeError or OverflowError if it is none."""
    written: type = int if kind in (datetime, int) else str
    if type(value) is not written:  # bool is an int to isinstance
        raise TypeError(f"{value!r} isn't {written.__name__}")
    if kind is datetime:
        return EPOCH + timedelta(milliseconds=value)
    return UUID(value) if kind is UUID else value


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
