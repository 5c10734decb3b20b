"""What a request may say: each bound from both sides, in numbers that stand here and nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from producers import limits
from producers.gateway.bodies import (
    Membership,
    NewComment,
    NewInvitation,
    NewPhoto,
    NewRoll,
    NewUpload,
    ProfilePatch,
    Role,
    RollPatch,
    Visibility,
)
from tests.gateway.world import BOB, one

UPLOAD = one("upload")
ROLLS = [one(f"roll {n}") for n in range(21)]


def test_the_limits_are_these() -> None:
    assert {name: value for name, value in vars(limits).items() if name.isupper()} == {
        "ROLLS_A_PERSON": 500,
        "FOLLOWED_PEOPLE": 5_000,
        "ROLLS_A_PHOTO": 20,
        "BEGINNINGS": 200,
        "REMOVALS_AT_ONCE": 100,
        "UPLOAD_BYTES": 30_000_000,
        "UPLOAD_LIFETIME": timedelta(minutes=15),
        "OLDEST_TAKEN": timedelta(days=30),
        "TITLE": 80,
        "THEME": 40,
        "COMMENT": 1_000,
        "BIO": 300,
        "DISPLAY_NAME": 50,
        "HANDLE": r"^[a-z0-9_.]{3,30}$",
        "IDEMPOTENCY_KEY": 200,
        "BODY_BYTES": 65_536,
    }


@pytest.mark.parametrize(
    ("shape", "sent", "kept"),
    [
        (NewRoll, {"title": "x"}, {"title": "x", "theme": "", "visibility": Visibility.PRIVATE}),
        (NewRoll, {"title": "x" * 80, "theme": "y" * 40}, {"title": "x" * 80, "theme": "y" * 40}),
        (NewRoll, {"title": f"  {'x' * 80}\n"}, {"title": "x" * 80}),
        (NewRoll, {"title": "x", "theme": " ", "visibility": "public"}, {"theme": "", "visibility": Visibility.PUBLIC}),
        (NewRoll, {"title": "Ame\u0301lie"}, {"title": "Am\u00e9lie"}),
        (RollPatch, {"title": "x" * 80}, {"title": "x" * 80}),
        (RollPatch, {"theme": None, "cover": None}, {"theme": None, "cover": None}),
        (NewComment, {"text": "x"}, {"text": "x"}),
        (NewComment, {"text": "x" * 1_000}, {"text": "x" * 1_000}),
        (NewComment, {"text": "two\nlines "}, {"text": "two\nlines"}),
        (ProfilePatch, {"handle": "abc"}, {"handle": "abc"}),
        (ProfilePatch, {"handle": "A_.9" + "z" * 26}, {"handle": "a_.9" + "z" * 26}),
        (ProfilePatch, {"display_name": "x" * 50, "bio": "y" * 300}, {"display_name": "x" * 50, "bio": "y" * 300}),
        (ProfilePatch, {"bio": "two\nlines"}, {"bio": "two\nlines"}),
        (ProfilePatch, {"bio": None, "avatar": None}, {"bio": None, "avatar": None}),
        (ProfilePatch, {"zone": "Asia/Tokyo"}, {"zone": "Asia/Tokyo"}),
        (Membership, {}, {"role": None}),
        (Membership, {"role": "owner"}, {"role": Role.OWNER}),
        (Membership, {"role": "member"}, {"role": Role.MEMBER}),
        (NewInvitation, {"user": str(BOB)}, {"user": BOB}),
        (NewUpload, {"content_type": "image/jpeg"}, {"content_type": "image/jpeg"}),
        (NewUpload, {"content_type": "image/png"}, {"content_type": "image/png"}),
        (NewUpload, {"content_type": "image/webp"}, {"content_type": "image/webp"}),
        (NewUpload, {"content_type": "image/heic"}, {"content_type": "image/heic"}),
        (NewPhoto, {"upload_id": UPLOAD}, {"taken_at": None, "rolls": [], "on_profile": True}),
        (NewPhoto, {"upload_id": UPLOAD, "rolls": ROLLS[:20], "on_profile": False}, {"rolls": ROLLS[:20]}),
        (
            NewPhoto,
            {"upload_id": UPLOAD, "taken_at": "2026-06-19T23:03:58.25+02:00"},
            {"taken_at": datetime(2026, 6, 19, 21, 3, 58, 250_000, UTC)},
        ),
    ],
)
def test_what_is_within_bounds_is_kept_in_one_form(
    shape: type[BaseModel], sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    body = shape.model_validate(sent)
    assert {name: getattr(body, name) for name in kept} == kept


@pytest.mark.parametrize(
    ("shape", "sent"),
    [
        (NewRoll, {}),
        (NewRoll, {"title": ""}),
        (NewRoll, {"title": " "}),
        (NewRoll, {"title": None}),
        (NewRoll, {"title": "x" * 81}),
        (NewRoll, {"title": "two\nlines"}),
        (NewRoll, {"title": "x", "theme": "y" * 41}),
        (NewRoll, {"title": "x", "theme": "two\nlines"}),
        (NewRoll, {"title": "x", "visibility": None}),
        (NewRoll, {"title": "x", "cover": str(UPLOAD)}),
        (RollPatch, {}),
        (RollPatch, {"title": ""}),
        (RollPatch, {"title": "x" * 81}),
        (RollPatch, {"theme": "y" * 41}),
        (RollPatch, {"visibility": None}),
        (NewComment, {"text": ""}),
        (NewComment, {"text": "x" * 1_001}),
        (NewComment, {"text": "a\ttab"}),
        (NewComment, {"text": "a return\rhere"}),
        (NewComment, {"text": "half a character \ud800"}),
        (NewComment, {"text": "no character \uffff"}),
        (ProfilePatch, {}),
        (ProfilePatch, {"handle": "ab"}),
        (ProfilePatch, {"handle": "a" * 31}),
        (ProfilePatch, {"handle": "ada l"}),
        (ProfilePatch, {"handle": "adà"}),
        (ProfilePatch, {"handle": "ada\n"}),
        (ProfilePatch, {"display_name": ""}),
        (ProfilePatch, {"display_name": "x" * 51}),
        (ProfilePatch, {"display_name": "two\nlines"}),
        (ProfilePatch, {"bio": "y" * 301}),
        (ProfilePatch, {"zone": "Europe/berlin"}),
        (ProfilePatch, {"zone": ""}),
        (ProfilePatch, {"zone": "Factory"}),
        (Membership, {"role": "king"}),
        (NewUpload, {"content_type": "image/gif"}),
        (NewUpload, {"content_type": "image/jpegs"}),
        (NewUpload, {"content_type": "an image/jpeg"}),
        (NewPhoto, {"upload_id": UPLOAD, "rolls": ROLLS}),
        (NewPhoto, {"upload_id": UPLOAD, "taken_at": "2026-06-19T23:03:58"}),
        (NewPhoto, {"upload_id": UPLOAD, "develops_at": "2026-06-19T23:03:58Z"}),
    ],
)
def test_what_is_beyond_bounds_is_refused(shape: type[BaseModel], sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        shape.model_validate(sent)


def test_a_patch_says_which_members_were_sent_null_or_not() -> None:
    patch = RollPatch.model_validate({"title": "Sea", "theme": None})
    assert patch.sent("title", "theme", "visibility") == {"title": "Sea", "theme": None}
    assert patch.sent("title") == {"title": "Sea"}
    assert patch.sent("cover") == {}


def test_a_body_does_not_change() -> None:
    roll = NewRoll.model_validate({"title": "Sea"})
    with pytest.raises(ValidationError):
        roll.title = "Lake"
    assert NewPhoto.model_validate({"upload_id": str(UPLOAD)}).upload_id == UUID(str(UPLOAD))
