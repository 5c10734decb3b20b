"""The gateway over HTTP: what may be asked, by whom, and what is then in the log."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from events.generated import (
    CommentPosted,
    Event,
    MemberRoleChanged,
    PhotoAddedToRoll,
    PhotoDeveloped,
    PhotoTaken,
    UserDeactivated,
)
from events.registry import RegistryUnavailable
from producers.publish import RefusedRecord
from producers.uploads import Uploaded, object_key
from projections.store import StoreUnavailable
from tests.gateway.world import ADA, APP, BOB, CAT, NOW, PRIVATE, PUBLIC, away, begin, joined, one, world
from tests.kit import run

PHOTO, SECRET = one("photo"), one("secret photo")
VALID_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def taken(photo: UUID, owner: UUID = ADA, *, on_profile: bool = True, developed: bool = True) -> list[Event]:
    """A photo, developed or not."""
    at = NOW - timedelta(days=2)
    event = PhotoTaken(
        **begin(f"{photo} taken", owner, at),
        photo_id=photo,
        owner_id=owner,
        taken_at=at,
        develops_at=at + timedelta(hours=12),
        zone="Europe/Berlin",
        rule_version="test",
        object_key="uploads/a/b",
        etag="e",
        on_profile=on_profile,
    )
    fields = {name: getattr(event, name) for name in ("photo_id", "owner_id", "taken_at", "develops_at")}
    return [event, PhotoDeveloped(**begin(f"{photo} developed", owner, at), **fields)] if developed else [event]


def placed(photo: UUID, roll: UUID, owner: UUID = ADA) -> PhotoAddedToRoll:
    """A photo in a roll."""
    at = NOW - timedelta(days=2)
    return PhotoAddedToRoll(
        **begin(f"{photo} in {roll}", owner, at),
        photo_id=photo,
        owner_id=owner,
        roll_id=roll,
        taken_at=at,
        develops_at=at + timedelta(hours=12),
    )


def commented(photo: UUID, author: UUID) -> CommentPosted:
    """A comment."""
    return CommentPosted(
        **begin(f"{author} on {photo}", author, NOW), photo_id=photo, author_id=author, text="What light!"
    )


def test_a_write_answers_what_it_made_and_where_it_is() -> None:
    async def case() -> None:
        async with world() as here:
            answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
            (event,) = [e for e in await here.log() if type(e).__name__ == "UserFollowed"]
            assert answer.status_code == 202
            assert answer.json()["event_id"] == answer.json()["id"] == str(event.event_id)
            assert answer.headers["darkroom-position"] == answer.json()["position"]
            assert answer.json()["position"].startswith("graph-")

    run(case())


def test_what_is_so_already_appends_nothing() -> None:
    async def case() -> None:
        async with world() as here:
            first = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
            await here.fold()
            before = await here.count()
            again = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
            assert again.json() == first.json() | {"position": None}
            assert "darkroom-position" not in again.headers
            assert await here.count() == before

    run(case())


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
def test_who_may_do_what(who: UUID | None, method: str, path: str, body: object, status: int) -> None:
    async def case() -> None:
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

    run(case())


def test_joining_leaving_and_joining_again() -> None:
    async def case() -> None:
        async with world() as here:
            path = f"/v1/rolls/{PUBLIC}/members/{BOB}"
            assert (await here.ask(BOB, "PUT", path)).status_code == 202
            await here.fold()
            await here.ask(ADA, "PUT", path, {"role": "owner"})
            await here.fold()
            assert (await here.ask(ADA, "DELETE", f"/v1/rolls/{PUBLIC}/members/{ADA}")).status_code == 202
            await here.fold()
            assert (await here.ask(BOB, "DELETE", path)).status_code == 409  # the last owner now
            roles = [e.role for e in await here.log() if isinstance(e, MemberRoleChanged)]
            assert roles == ["owner"]

    run(case())


def test_a_deactivated_person_only_comes_back() -> None:
    async def case() -> None:
        async with world(UserDeactivated(**begin("gone", BOB), user_id=BOB)) as here:
            assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")).status_code == 403
            assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow")).status_code == 404
            assert (await here.ask(BOB, "POST", "/v1/me/reactivate")).status_code == 202
            await here.fold()
            assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow")).status_code == 202

    run(case())


def test_a_changed_handle_is_free_for_others() -> None:
    async def case() -> None:
        async with world() as here:
            await here.ask(ADA, "PATCH", "/v1/me", {"handle": "Ada.L"})
            await here.fold()
            assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada.l"})).status_code == 409
            assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada"})).status_code == 202
            kept = await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"})
            assert kept.json()["position"] is None

    run(case())


def test_a_handle_known_from_the_log_is_taken_though_its_claim_ran_out() -> None:
    async def case() -> None:
        async with world() as here:
            here.claims.kept.clear()
            assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "bob"})).status_code == 409

    run(case())


def test_an_upload_is_good_for_one_photo() -> None:
    async def case() -> None:
        async with world() as here:
            form = (await here.ask(ADA, "POST", "/v1/uploads", {"content_type": "image/png"})).json()
            key = object_key(ADA, UUID(form["upload_id"]))
            assert form["fields"]["key"] == key
            here.uploads.sent[key] = Uploaded("etag", 1000)
            body = {"upload_id": form["upload_id"], "rolls": [str(PUBLIC), str(PRIVATE), str(PUBLIC)]}
            first = await here.ask(ADA, "POST", "/v1/photos", body)
            assert first.status_code == 202
            events = [e for e in await here.log() if isinstance(e, PhotoTaken | PhotoAddedToRoll)]
            assert [type(e) for e in events] == [PhotoTaken, PhotoAddedToRoll, PhotoAddedToRoll]
            here.now += timedelta(hours=20)
            before = await here.count()
            assert (await here.ask(ADA, "POST", "/v1/photos", body)).json() == first.json()
            other = await here.ask(ADA, "POST", "/v1/photos", body | {"rolls": []}, Idempotency_Key="another")
            assert other.status_code == 409
            here.requests.kept.clear()  # a day later
            await here.fold()
            late = await here.ask(ADA, "POST", "/v1/photos", body)
            assert (late.status_code, late.json()["photo"]) == (409, first.json()["id"])
            assert await here.count() == before

    run(case())


def test_nobody_registers_what_another_sent() -> None:
    async def case() -> None:
        async with world() as here:
            upload = uuid4()
            here.uploads.sent[object_key(ADA, upload)] = Uploaded("etag", 1000)
            assert (await here.ask(BOB, "POST", "/v1/photos", {"upload_id": str(upload)})).status_code == 409

    run(case())


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (away(), 503),
        (StoreUnavailable("10.0.0.3 timed out"), 503),
        (RegistryUnavailable("http://registry"), 503),
        (RefusedRecord("too large"), 413),
    ],
)
def test_a_server_that_is_away_is_a_problem_without_internals(failure: Exception, status: int) -> None:
    async def case() -> None:
        async with world() as here:
            here.appended.refusals.append(failure)
            answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
            assert answer.status_code == status
            assert str(failure) not in answer.text
            assert ("retry-after" in answer.headers) == (status == 503)

    run(case())


@pytest.mark.parametrize("given", [None, "nonsense", VALID_TRACE.upper(), "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
def test_a_trace_that_is_none_begins_anew(given: str | None) -> None:
    async def case() -> None:
        async with world() as here:
            headers = {"traceparent": given} if given else {}
            await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **headers)
            assert here.appended.traces[-1] != given
            assert len(here.appended.traces[-1]) == len(VALID_TRACE)

    run(case())


def test_a_trace_is_passed_on() -> None:
    async def case() -> None:
        async with world() as here:
            await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", traceparent=VALID_TRACE)
            assert here.appended.traces == [VALID_TRACE]

    run(case())


def test_positions_that_are_not_reached_are_said_to_be_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case() -> None:
        async with world() as here:
            monkeypatch.setattr(here.gate.waiting, "passed", never)
            answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", Darkroom_After="accounts-0@99")
            assert (answer.status_code, answer.headers["darkroom-stale"]) == (202, "true")
            wrong = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", Darkroom_After="accounts-99@0")
            assert wrong.status_code == 400

    async def never(*_: object) -> bool:
        return False

    run(case())


def test_every_route_is_documented_with_examples() -> None:
    async def case() -> None:
        async with world() as here:
            document = APP.openapi()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    where = f"{method} {path}"
                    assert operation["description"], where
                    for parameter in operation.get("parameters", []):
                        assert parameter["schema"], where
            schemas = document["components"]["schemas"]
            for name in ("NewPhoto", "NewRoll", "NewComment", "NewUpload"):
                required = schemas[name]["required"]
                assert all(schemas[name]["properties"][each]["examples"] for each in required), name
            assert (await here.ask(None, "GET", "/readyz")).status_code == 200

    run(case())
