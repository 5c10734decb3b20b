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
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from projections.store.table import Table, values_of
from web.problems import bad_request

VERSION = 1
USUAL_LIMIT = 30
LONGEST_CURSOR = 512
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor:
    """Says where a list's next page begins: the clustering key of the last row that was looked at, shown or not.

    It names no position in a table, so it outlives rebuilds, and rows that arrive before it.

    It is sealed (AES-SIV, RFC 5297: the same key gives the same text). A row that was looked at may be of a photo that
    is late to develop, which is no business of whoever decodes the cursor.
    """

    def __init__(self, table: Table):
        """`table`: what the list's rows are read from; its clustering columns are UUIDs, times (kept in ms), integers
        or text. The cursor of one table isn't taken for another's."""
        self._name, self._columns = table.name.encode(), table.clustering
        self._types = tuple(table.types[name] for name in table.clustering)

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """The key of a row: of the table's own, or of one that has columns of the same names."""
        return values_of(row, self._columns)

    def encode(self, secret: str, key: Sequence[Any]) -> str:
        """Seals the cursor that goes on after the row with this key."""
        written = json.dumps([VERSION, *map(encode_value, key)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(sealer(secret).encrypt(written, [self._name])).decode().rstrip("=")

    def decode(self, secret: str, cursor: str | None) -> tuple[Any, ...]:
        """Opens a cursor: the key that it names; empty for None. Raises Problem 400 if it isn't one of this list."""
        if cursor is None:
            return ()
        try:
            if len(cursor) > LONGEST_CURSOR:
                raise ValueError("too long")
            sealed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            version, *values = json.loads(sealer(secret).decrypt(sealed, [self._name]))
            if version != VERSION:
                raise ValueError("of another version")
            return tuple(decode_value(kind, value) for kind, value in zip(self._types, values, strict=True))
        except (InvalidTag, ValueError, TypeError, OverflowError):
            raise bad_request("The cursor isn't one of this list.") from None


@lru_cache(maxsize=4)
def sealer(secret: str) -> AESSIV:
    """The cipher of all cursors; its key derives from the services' secret. Raises RuntimeError if that is empty."""
    if not secret:
        raise RuntimeError("DARKROOM_TOKEN_SECRET is empty")
    return AESSIV(hashlib.sha512(b"cursors\0" + secret.encode()).digest())


def encode_value(value: Any) -> Any:
    """The JSON form of a key's value."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(milliseconds=1)
    return str(value) if isinstance(value, UUID) else value


def decode_value(kind: type, value: Any) -> Any:
    """A key's value from its JSON form. Raises ValueError, TypeError or OverflowError if it is none."""
    written: type = int if kind in (datetime, int) else str
    if type(value) is not written:  # bool is an int to isinstance
        raise TypeError(f"{value!r} isn't {written.__name__}")
    if kind is datetime:
        return EPOCH + timedelta(milliseconds=value)
    return UUID(value) if kind is UUID else value


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a request wants: at most `limit` items, from `cursor` on."""

    limit: int
    cursor: str | None


FIRST_PAGE = PageRequest(USUAL_LIMIT, None)


async def page_request(
    limit: Annotated[int, Query(ge=1, le=100, description="How many items at most.")] = USUAL_LIMIT,
    cursor: Annotated[str | SkipJsonSchema[None], Query(description="`next` of the page before.")] = None,
) -> PageRequest:
    """The paging parameters of a request."""
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(page_request)]


def next_link(request: Request, next_cursor: str | None) -> dict[str, str]:
    """The Link header of a page: the same request with the next cursor. Relative, so that no Host can bend it."""
    if next_cursor is None:
        return {}
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    target = f"{quote(request.scope['path'], safe='/@')}?{urlencode([*query, ('cursor', next_cursor)])}"
    return {"Link": f'<{target}>; rel="next"'}
