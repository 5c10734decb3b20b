"""Answers, to the letter: what is shown of a row, how it is sent, and what a problem says."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api import presentation
from projections.accounts.users import User
from projections.buckets import place_of
from projections.photos.card import card_json
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.rolls.roll import Roll
from projections.tally.counts import Counts
from projections.tally.tally import Member
from tests.given import ADA, BO, CARD, DAWN, DUSK, LAKE, MORNING, NOON, TAKEN, minutes
from web.etag import tagged_response
from web.problems import (
    Problem,
    bad_request,
    not_found,
    problem_response,
    unavailable,
)

NIL = UUID(int=0)
TAG = 'W/"33c69e8d6e3424fa5690039d"'


def counts(**totals: int) -> Counts:
    """Sizes by kind."""
    return Counts(totals, {})


def test_a_time_is_shown_in_utc_to_the_millisecond() -> None:
    assert presentation.time(datetime(2026, 6, 9, 7, 5, 1, 42_999, UTC)) == "2026-06-09T07:05:01.042Z"
    assert (
        presentation.time(datetime(2026, 6, 9, 0, 30, tzinfo=timezone(timedelta(hours=2))))
        == "2026-06-08T22:30:00.000Z"
    )
    assert presentation.time(None) is None


def test_an_id_that_names_nothing_is_null() -> None:
    assert (presentation.name(ADA), presentation.name(NIL), presentation.name(None)) == (str(ADA), None, None)


def test_a_developing_photo_is_shown_without_a_picture() -> None:
    row = Photo(DUSK, owner_id=ADA, taken_at=TAKEN, develops_at=MORNING, on_profile=True)
    assert presentation.photo(row, None, [], counts(), presentation.photo_viewer(False)) == {
        "id": str(DUSK),
        "owner": str(ADA),
        "taken_at": "2026-06-19T19:30:00.000Z",
        "state": "developing",
        "develops_at": "2026-06-20T07:00:00.000Z",
        "images": None,
        "blurhash": None,
        "rolls": [],
        "counts": {"likes": 0, "comments": 0},
        "viewer": {"liked": False},
    }


def test_a_developed_photo_is_shown_with_its_picture() -> None:
    row = Photo(
        DUSK,
        owner_id=ADA,
        taken_at=TAKEN,
        develops_at=MORNING,
        on_profile=True,
        card_json=card_json(CARD),
        developed=True,
    )
    images: dict[str, Any] = {"full": {"url": "u", "width": 3, "height": 2}}
    told, viewer = counts(likers=7, commented=3, photos=9), presentation.photo_viewer(True)
    shown = presentation.photo(row, images, [LAKE], told, viewer)
    assert shown == {
        "id": str(DUSK),
        "owner": str(ADA),
        "taken_at": "2026-06-19T19:30:00.000Z",
        "state": "developed",
        "develops_at": "2026-06-20T07:00:00.000Z",
        "images": images,
        "blurhash": "blurhash of dusk",
        "rolls": [str(LAKE)],
        "counts": {"likes": 7, "comments": 3},
        "viewer": {"liked": True},
    }


def test_a_rejected_photo_says_why_and_is_rejected_whatever_else_it_is() -> None:
    row = Photo(
        DUSK,
        owner_id=ADA,
        taken_at=TAKEN,
        develops_at=MORNING,
        on_profile=True,
        rejected_reason="It is too large.",
        developed=True,
    )
    shown = presentation.photo(row, None, [], counts(), presentation.photo_viewer(False))
    assert (shown["state"], shown["rejected_reason"]) == ("rejected", "It is too large.")


def test_a_person_is_shown_with_what_the_viewer_has_to_do_with_them() -> None:
    row = User(ADA, "ada", "a hash", "Ada", "Film only", DUSK, "Europe/Oslo", NOON, True)
    told = counts(followers=1, following=2, developed_of_user=3, rolls_of_user=4, photos=7, rolls=8, likers=5)
    shown = {
        "id": str(ADA),
        "handle": "ada",
        "display_name": "Ada",
        "avatar": {"url": "u"},
        "counts": {"followers": 1, "following": 2, "photos": 3, "rolls": 4},
        "viewer": {"following": True, "followed_by": False, "blocked": False},
    }
    assert presentation.user(row, {"url": "u"}, told, presentation.user_viewer(True, False)) == shown
    turned = presentation.user(User(ADA, "ada"), None, counts(), presentation.user_viewer(False, True))
    assert turned["viewer"] == {"following": False, "followed_by": True, "blocked": False}
    assert (turned["display_name"], turned["avatar"], turned["counts"]["photos"]) == ("", None, 0)
    joined = Member(LAKE, 6, ADA, DAWN, minutes(1), None, "owner")
    assert presentation.member(shown, joined) == shown | {"role": "owner", "joined_at": "2026-06-19T12:01:00.000Z"}
    assert presentation.member({}, Member(LAKE, 6, ADA, DAWN, NOON)) == {
        "role": "member",
        "joined_at": "2026-06-19T12:00:00.000Z",
    }


def test_a_roll_is_shown_with_its_sizes_and_its_last_activity() -> None:
    totals = {"photos_in_roll": 1, "members": 2, "roll_followers": 3, "developing_in_roll": 4, "photos": 5}
    told = Counts(totals, {"photos_in_roll": minutes(2), "members": minutes(9)})
    row = Roll(LAKE, ADA, "Lake", "summer", "public", DUSK, NOON)
    viewer = presentation.roll_viewer("owner", True)
    assert presentation.roll(row, {"url": "u"}, [{"url": "t"}], told, viewer) == {
        "id": str(LAKE),
        "title": "Lake",
        "theme": "summer",
        "visibility": "public",
        "owner": str(ADA),
        "cover": {"url": "u"},
        "thumbs": [{"url": "t"}],
        "created_at": "2026-06-19T12:00:00.000Z",
        "last_activity": "2026-06-19T12:02:00.000Z",
        "counts": {"photos": 1, "members": 2, "followers": 3, "developing": 4},
        "viewer": {"role": "owner", "following": True},
    }
    empty = presentation.roll(row, None, [], counts(), presentation.roll_viewer(None, False))
    assert (empty["last_activity"], empty["viewer"]) == (None, {"role": None, "following": False})


def test_what_is_named_is_shown_by_its_name() -> None:
    person = User(ADA, handle="ada", display_name="Ada", bio="Film only")
    assert presentation.named_user(person, {"url": "u"}) == {
        "handle": "ada",
        "display_name": "Ada",
        "avatar": {"url": "u"},
    }
    assert presentation.named_user(User(ADA, "ada"), None) == {"handle": "ada", "display_name": "", "avatar": None}
    row = Roll(LAKE, ADA, "Lake", "summer", "private")
    assert presentation.named_roll(row) == {"title": "Lake", "visibility": "private"}


def test_what_develops_is_ready_when_the_next_of_it_is() -> None:
    assert presentation.developing(2, NOON) == {"count": 2, "ready_at": "2026-06-19T12:00:00.000Z"}
    assert presentation.developing(2, None) == {"count": 2, "ready_at": None}
    assert presentation.developing(0, NOON) == {"count": 0, "ready_at": None}


def test_a_comment_is_shown_as_it_was_written() -> None:
    assert presentation.comment(Comment(place_of(DUSK, "2026-06"), NOON, DAWN, BO, "Où ça?")) == {
        "id": str(DAWN),
        "photo": str(DUSK),
        "author": str(BO),
        "text": "Où ça?",
        "posted_at": "2026-06-19T12:00:00.000Z",
    }
    assert presentation.comment(Comment(place_of(DUSK, "2026-06"), NOON, DAWN, BO))["text"] == ""


def asked(**headers: str) -> Request:
    """A request with these headers."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "path": "/", "query_string": b"", "headers": sent})


def told(response: Response) -> dict[str, str]:
    """A response's headers."""
    return dict(response.headers)


def test_an_answer_is_sent_as_it_is_with_its_tag() -> None:
    response = tagged_response(asked(), TAG, '{"a":"ø"}'.encode, {"Link": "<next>"})
    assert response.body == '{"a":"ø"}'.encode()
    assert response.status_code == 200
    assert told(response) == {
        "etag": TAG,
        "cache-control": "private, no-cache",
        "link": "<next>",
        "content-length": "10",
        "content-type": "application/json",
    }


def test_an_answer_that_the_asker_has_is_neither_sent_again_nor_written() -> None:
    def never() -> bytes:
        raise AssertionError

    response = tagged_response(asked(if_none_match=TAG), TAG, never)
    assert (response.status_code, response.body) == (304, b"")
    assert told(response) == {"etag": TAG, "cache-control": "private, no-cache"}
    assert tagged_response(asked(if_none_match='W/"another"'), TAG, b"{}".strip).status_code == 200


@pytest.mark.parametrize(
    ("problem", "status", "title", "detail"),
    [
        (not_found("photo"), 404, "Not Found", "There is no such photo."),
        (Problem(403, "Only an owner may."), 403, "Forbidden", "Only an owner may."),
        (bad_request("No."), 400, "Bad Request", "No."),
        (unavailable(), 503, "Service Unavailable", "The service can't answer just now. Try again soon."),
        (Problem(409, "Taken.", title="Handle taken"), 409, "Handle taken", "Taken."),
    ],
)
def test_a_problem_says_what_and_in_which_request(problem: Problem, status: int, title: str, detail: str) -> None:
    response = problem_response(problem, "abc-123")
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    assert json.loads(bytes(response.body)) == body | {"request_id": "abc-123"}
    assert json.loads(bytes(problem_response(problem).body)) == body
    assert (response.status_code, response.media_type) == (status, "application/problem+json")
    assert response.headers.get("retry-after") == ("1" if status == 503 else None)


def test_a_problem_may_say_more_and_bear_headers() -> None:
    response = problem_response(Problem(429, "Later.", headers={"Retry-After": "7"}, more={"limit": 5}))
    assert json.loads(bytes(response.body))["limit"] == 5
    assert response.headers["retry-after"] == "7"
