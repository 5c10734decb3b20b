"""The gateway over HTTP: what may be asked, by whom, and what is then in the log."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from events.generated import (
    MemberRoleChanged,
    PhotoAddedToRoll,
    PhotoTaken,
    UserDeactivated,
)
from events.registry import RegistryUnavailable
from producers.publisher import RefusedRecord
from producers.uploads import Uploaded, object_key
from projections.private.claims import PENDING_SECONDS
from projections.store.protocol import StoreUnavailable
from tests.gateway.memory import away
from tests.gateway.world import ADA, APP, BOB, PRIVATE, PUBLIC, begin, world

pytestmark = pytest.mark.anyio

VALID_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_write_answers_what_it_made_and_where_it_is() -> None:
    async with world() as here:
        answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
        (event,) = [e for e in await here.log() if type(e).__name__ == "UserFollowed"]
        assert answer.status_code == 202
        assert answer.json()["event_id"] == answer.json()["id"] == str(event.event_id)
        assert answer.headers["darkroom-position"] == answer.json()["position"]
        assert answer.json()["position"].startswith("graph-")


async def test_what_is_so_already_appends_nothing() -> None:
    async with world() as here:
        first = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
        await here.fold()
        before = await here.count()
        again = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
        assert again.json() == first.json() | {"position": None}
        assert "darkroom-position" not in again.headers
        assert await here.count() == before


async def test_joining_leaving_and_joining_again() -> None:
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


async def test_a_deactivated_person_only_comes_back() -> None:
    async with world(UserDeactivated(**begin("gone", BOB), user_id=BOB)) as here:
        assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")).status_code == 403
        assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow")).status_code == 404
        assert (await here.ask(BOB, "POST", "/v1/me/reactivate")).status_code == 202
        await here.fold()
        assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow")).status_code == 202


async def test_a_changed_handle_is_free_for_others() -> None:
    async with world() as here:
        await here.ask(ADA, "PATCH", "/v1/me", {"handle": "Ada.L"})
        await here.fold()
        assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada.l"})).status_code == 409
        assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada"})).status_code == 409  # for minutes
        here.now += timedelta(seconds=PENDING_SECONDS)
        assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada"})).status_code == 202
        kept = await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"})
        assert kept.json()["position"] is None


async def test_a_handle_known_from_the_log_is_taken_though_its_claim_ran_out() -> None:
    async with world() as here:
        here.claims.kept.clear()
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "bob"})).status_code == 409


async def test_an_upload_is_good_for_one_photo() -> None:
    async with world() as here:
        form = (await here.ask(ADA, "POST", "/v1/uploads", {"content_type": "image/png"})).json()
        key = object_key(ADA, upload_id=UUID(form["upload_id"]))
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
        here.idempotency.kept.clear()  # a day later
        await here.fold()
        late = await here.ask(ADA, "POST", "/v1/photos", body)
        assert (late.status_code, late.json()["photo"]) == (409, first.json()["id"])
        assert await here.count() == before


async def test_nobody_registers_what_another_sent() -> None:
    async with world() as here:
        upload = uuid4()
        here.uploads.sent[object_key(ADA, upload_id=upload)] = Uploaded("etag", 1000)
        assert (await here.ask(BOB, "POST", "/v1/photos", {"upload_id": str(upload)})).status_code == 409


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (away(), 503),
        (StoreUnavailable("10.0.0.3 timed out"), 503),
        (RegistryUnavailable("http://registry"), 503),
        (RefusedRecord("too large"), 413),
    ],
)
async def test_a_server_that_is_away_is_a_problem_without_internals(failure: Exception, status: int) -> None:
    async with world() as here:
        here.appended.refusals.append(failure)
        answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")
        assert answer.status_code == status
        assert str(failure) not in answer.text
        assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize("given", [None, "nonsense", VALID_TRACE.upper(), "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
async def test_a_trace_that_is_none_begins_anew(given: str | None) -> None:
    async with world() as here:
        headers = {"traceparent": given} if given else {}
        await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **headers)
        assert here.appended.traces[-1] != given
        assert len(here.appended.traces[-1]) == len(VALID_TRACE)


async def test_a_trace_is_passed_on() -> None:
    async with world() as here:
        await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", traceparent=VALID_TRACE)
        assert here.appended.traces == [VALID_TRACE]


async def test_positions_that_are_not_reached_are_said_to_be_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> bool:
        return False

    async with world() as here:
        monkeypatch.setattr(here.resources.waiting, "passed", never)
        answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", Darkroom_After="accounts-0@99")
        assert (answer.status_code, answer.headers["darkroom-stale"]) == (202, "true")
        wrong = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", Darkroom_After="accounts-99@0")
        assert wrong.status_code == 400


async def test_every_route_is_documented_with_examples() -> None:
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
