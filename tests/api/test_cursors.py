"""Cursors come back as they went, and nothing else is one; a page says where the next one begins."""

import base64
import json
from collections.abc import Sequence
from dataclasses import make_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from projections.store.table import Table
from tests.given import ADA, NOON
from tests.kit import run
from web.pagination import LONGEST_CURSOR, Cursor, PageRequest, next_link, page_request, sealer
from web.problems import Problem

SECRET = "s" * 40
TIMES = st.datetimes(datetime(1960, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
KEYS = st.tuples(TIMES, st.uuids(), st.integers(-(2**53), 2**53), st.text(max_size=40))


def cursor_of(name: str, *types: type) -> Cursor:
    """The cursor of a table with clustering columns of these types."""
    row = make_dataclass(name, [(f"column_{n}", kind) for n, kind in enumerate(types)], frozen=True)
    return Cursor(Table(name, row, partition=0, clustering=len(types)))


EVERYTHING = cursor_of("everything", datetime, UUID, int, str)


def milliseconds(at: datetime) -> datetime:
    """A time as columns keep it: what is below a millisecond is cut off."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@given(KEYS)
def test_a_key_comes_back_in_milliseconds(key: tuple[datetime, UUID, int, str]) -> None:
    cursor = EVERYTHING.encode(SECRET, key)
    assert EVERYTHING.decode(SECRET, cursor) == (milliseconds(key[0]), *key[1:])
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert EVERYTHING.decode(SECRET, None) == ()


def sealed(name: str, values: Any) -> str:
    """What we would have sealed, had this been a key of a list."""
    data = sealer(SECRET).encrypt(json.dumps(values, separators=(",", ":")).encode(), [name.encode()])
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "values",
    [
        [2, 0, str(ADA)],
        [0, 0, str(ADA)],
        [1, 0],
        [1, 0, str(ADA), 0],
        [1],
        [],
        [1, "0", str(ADA)],
        [1, True, str(ADA)],
        [1, 0.5, str(ADA)],
        [1, None, str(ADA)],
        [1, 0, 7],
        [1, 0, None],
        [1, 0, "no id"],
        [1, 10**30, str(ADA)],
        [1, -(10**15), str(ADA)],
        {"1": 0},
        7,
        None,
    ],
    ids=str,
)
def test_what_we_sealed_for_another_kind_of_key_is_refused(values: Any) -> None:
    cursor = cursor_of("likers", datetime, UUID)
    assert cursor.decode(SECRET, sealed("likers", [1, 0, str(ADA)])) == (datetime(1970, 1, 1, tzinfo=UTC), ADA)
    with pytest.raises(Problem) as refused:
        cursor.decode(SECRET, sealed("likers", values))
    assert (refused.value.status, refused.value.detail) == (400, "The cursor isn't one of this list.")


def test_a_number_is_no_truth_and_no_text() -> None:
    for kind, good, bad in ((int, 1, True), (int, 1, "1"), (str, "1", 1)):
        cursor = cursor_of("numbers", kind)
        assert cursor.decode(SECRET, sealed("numbers", [1, good])) == (good,)
        with pytest.raises(Problem):
            cursor.decode(SECRET, sealed("numbers", [1, bad]))


def test_a_cursor_opens_one_list_of_one_service() -> None:
    text = cursor_of("likers", int).encode(SECRET, [7])
    for name, secret in (("members", SECRET), ("likers", "another secret")):
        with pytest.raises(Problem):
            cursor_of(name, int).decode(secret, text)
    with pytest.raises(RuntimeError, match="DARKROOM_TOKEN_SECRET is empty"):
        cursor_of("likers", int).encode("", [7])


@pytest.mark.parametrize("bad", ["", "!", "é", "A" * 20, "A" * 21, " "])
def test_what_was_never_sealed_is_refused(bad: str) -> None:
    with pytest.raises(Problem):
        EVERYTHING.decode(SECRET, bad)


def test_a_cursor_may_be_so_long_and_no_longer() -> None:
    texts = cursor_of("texts", str)
    longest = texts.encode(SECRET, ["x" * 362])
    assert len(longest) == LONGEST_CURSOR
    assert texts.decode(SECRET, longest) == ("x" * 362,)
    with pytest.raises(Problem):
        texts.decode(SECRET, texts.encode(SECRET, ["x" * 363]))


def request(path: str, query: str) -> Request:
    """A request for a path."""
    return Request({"type": "http", "path": path, "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize(
    ("path", "query", "link"),
    [
        ("/v1/me/photos", "", '</v1/me/photos?cursor=a_b-c>; rel="next"'),
        ("/v1/me/photos", "limit=2&cursor=old", '</v1/me/photos?limit=2&cursor=a_b-c>; rel="next"'),
        ("/v1/me/photos", "cursor=old&state=x", '</v1/me/photos?state=x&cursor=a_b-c>; rel="next"'),
        ("/v1/users/@ada/photos", "a=1&a=2", '</v1/users/@ada/photos?a=1&a=2&cursor=a_b-c>; rel="next"'),
        ("/v1/users/@å>;x", "q=%3E%20x", '</v1/users/@%C3%A5%3E%3Bx?q=%3E+x&cursor=a_b-c>; rel="next"'),
    ],
)
def test_a_link_asks_for_the_same_with_the_next_cursor(path: str, query: str, link: str) -> None:
    assert next_link(request(path, query), "a_b-c") == {"Link": link}
    target = urlsplit(link[1 : link.index(">; rel")])
    assert parse_qs(target.query)["cursor"] == ["a_b-c"]


def test_the_last_page_has_no_link() -> None:
    assert next_link(request("/v1/me/photos", "cursor=old"), None) == {}


def test_a_page_has_thirty_items_unless_another_number_is_asked_for() -> None:
    assert run(page_request()) == PageRequest(30, None)
    assert run(page_request(2, "a")) == PageRequest(2, "a")


def test_a_cursor_says_when_to_the_millisecond() -> None:
    key: Sequence[Any] = [NOON + timedelta(milliseconds=1, microseconds=999)]
    times = cursor_of("times", datetime)
    assert times.decode(SECRET, times.encode(SECRET, key)) == (NOON + timedelta(milliseconds=1),)
    assert times.encode(SECRET, key) == sealed("times", [1, 1781870400001])
