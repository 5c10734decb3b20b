"""Who may do what, and that a refusal is a problem which leaves the log as it was."""

from uuid import UUID

import pytest

from tests.gateway.shown import PHOTO, SECRET, commented, placed, taken
from tests.gateway.world import ADA, BOB, CAT, PRIVATE, PUBLIC, joined, one, world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        (None, "PUT", f"/v1/photos/{PHOTO}/like", None, 401),
        (BOB, "PUT", f"/v1/photos/{PHOTO}/like", None, 202),
        (BOB, "PUT", "/v1/photos/nonsense/like", None, 422),
        (BOB, "PUT", f"/v1/photos/{SECRET}/like", None, 404),  # only in a private roll
        (CAT, "PUT", f"/v1/photos/{SECRET}/like", None, 202),  # who is in it
        (BOB, "PUT", f"/v1/photos/{one('developing')}/like", None, 404),
        (ADA, "PUT", f"/v1/photos/{one('developing')}/like", None, 409),
        (BOB, "DELETE", f"/v1/photos/{PHOTO}/like", None, 404),
        (BOB, "DELETE", f"/v1/photos/{PHOTO}", None, 403),
        (BOB, "DELETE", f"/v1/photos/{SECRET}", None, 404),
        (ADA, "DELETE", f"/v1/photos/{PHOTO}", None, 202),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "Nice"}, 202),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "  "}, 422),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "x" * 1001}, 422),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "nul\x00"}, 422),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "ok", "more": 1}, 422),
        (BOB, "POST", f"/v1/photos/{PHOTO}/comments", {"text": "x" * 70_000}, 413),
        (CAT, "DELETE", f"/v1/photos/{PHOTO}/comments/{commented(PHOTO, CAT).event_id}", None, 202),
        (ADA, "DELETE", f"/v1/photos/{PHOTO}/comments/{commented(PHOTO, CAT).event_id}", None, 202),
        (BOB, "DELETE", f"/v1/photos/{PHOTO}/comments/{commented(PHOTO, CAT).event_id}", None, 403),
        (BOB, "DELETE", f"/v1/photos/{PHOTO}/comments/{one('none')}", None, 404),
        (BOB, "PUT", f"/v1/rolls/{PUBLIC}/members/{BOB}", None, 202),
        (BOB, "PUT", f"/v1/rolls/{PUBLIC}/members/{BOB}", {"role": "owner"}, 403),
        (BOB, "PUT", f"/v1/rolls/{PUBLIC}/members/{CAT}", None, 403),
        (ADA, "PUT", f"/v1/rolls/{PRIVATE}/members/{CAT}", {"role": "owner"}, 202),
        (ADA, "PUT", f"/v1/rolls/{PRIVATE}/members/{CAT}", None, 422),
        (ADA, "PUT", f"/v1/rolls/{PRIVATE}/members/{BOB}", {"role": "owner"}, 404),
        (ADA, "PUT", f"/v1/rolls/{PRIVATE}/members/{CAT}", {"role": "king"}, 422),
        (BOB, "PUT", f"/v1/rolls/{PRIVATE}/members/{BOB}", None, 404),
        (CAT, "DELETE", f"/v1/rolls/{PRIVATE}/members/{CAT}", None, 202),
        (CAT, "DELETE", f"/v1/rolls/{PRIVATE}/members/{ADA}", None, 403),
        (ADA, "DELETE", f"/v1/rolls/{PRIVATE}/members/{CAT}", None, 202),
        (ADA, "DELETE", f"/v1/rolls/{PRIVATE}/members/{ADA}", None, 409),
        (BOB, "DELETE", f"/v1/rolls/{PRIVATE}/members/{ADA}", None, 404),
        (BOB, "PUT", f"/v1/rolls/{PUBLIC}/follow", None, 202),
        (BOB, "PUT", f"/v1/rolls/{PRIVATE}/follow", None, 404),
        (BOB, "DELETE", f"/v1/rolls/{PUBLIC}/follow", None, 404),
        (ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"title": "Sea", "theme": None, "cover": str(PHOTO)}, 202),
        (ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"cover": str(SECRET)}, 422),
        (ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"title": None}, 422),
        (ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {}, 422),
        (BOB, "PATCH", f"/v1/rolls/{PUBLIC}", {"title": "Sea"}, 403),
        (BOB, "PATCH", f"/v1/rolls/{PRIVATE}", {"title": "Sea"}, 404),
        (CAT, "DELETE", f"/v1/rolls/{PRIVATE}", None, 403),
        (ADA, "DELETE", f"/v1/rolls/{PUBLIC}", None, 202),
        (ADA, "POST", "/v1/rolls", {"title": "Lake"}, 202),
        (ADA, "POST", "/v1/rolls", {"title": "x" * 81}, 422),
        (ADA, "POST", "/v1/rolls", {"title": "two\nlines"}, 422),
        (ADA, "POST", "/v1/rolls", {"title": "Lake", "visibility": "secret"}, 422),
        (ADA, "PUT", f"/v1/photos/{PHOTO}/rolls/{PRIVATE}", None, 202),
        (BOB, "PUT", f"/v1/photos/{PHOTO}/rolls/{PUBLIC}", None, 403),
        (CAT, "DELETE", f"/v1/photos/{SECRET}/rolls/{PRIVATE}", None, 403),
        (ADA, "DELETE", f"/v1/photos/{PHOTO}/rolls/{PRIVATE}", None, 404),
        (ADA, "DELETE", f"/v1/photos/{PHOTO}/rolls/{PUBLIC}", None, 202),
        (ADA, "PATCH", "/v1/me", {"zone": "Mars/Olympus"}, 422),
        (ADA, "PATCH", "/v1/me", {"bio": None, "zone": "Asia/Tokyo"}, 202),
        (ADA, "PATCH", "/v1/me", {"display_name": None}, 422),
        (ADA, "PATCH", "/v1/me", {"handle": None}, 422),
        (ADA, "PATCH", "/v1/me", {"handle": "x!"}, 422),
        (ADA, "PATCH", "/v1/me", {"handle": "Bob"}, 409),
        (ADA, "PATCH", "/v1/me", {"handle": "Ada.L"}, 202),
        (ADA, "PATCH", "/v1/me", {"avatar": str(PHOTO)}, 202),
        (BOB, "PATCH", "/v1/me", {"avatar": str(PHOTO)}, 422),
        (ADA, "POST", "/v1/uploads", {"content_type": "image/jpeg"}, 201),
        (ADA, "POST", "/v1/uploads", {"content_type": "image/gif"}, 422),
        (ADA, "POST", "/v1/photos", {"upload_id": str(one("never sent"))}, 409),
        (ADA, "PUT", f"/v1/users/{ADA}/follow", None, 403),
        (ADA, "PUT", f"/v1/users/{one('nobody')}/follow", None, 404),
        (ADA, "GET", "/v1/me", None, 405),
    ],
)
async def test_who_may_do_what(who: UUID | None, method: str, path: str, body: object, status: int) -> None:
    shown = [*taken(PHOTO), *taken(SECRET, on_profile=False), *taken(one("developing"), developed=False)]
    placements = [placed(PHOTO, PUBLIC), placed(SECRET, PRIVATE)]
    async with world(joined(PRIVATE, CAT), *shown, *placements, commented(PHOTO, CAT)) as here:
        before = await here.count()
        answer = await here.ask(who, method, path, body)
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
            assert await here.count() == before
