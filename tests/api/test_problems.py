"""What isn't an answer: problems that say what is wrong, and show no insides."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from projections.store.protocol import StoreUnavailable
from tests.api.world import ROUTES, SETTINGS, ApiWorld, checked, named
from tests.partitions import PARTITIONING
from web.tokens import issue_token

pytestmark = pytest.mark.anyio

PATHS = [
    route.path.replace("{user}", str(named("ada")))
    .replace("{roll}", str(named("r")))
    .replace("{photo}", str(named("p")))
    for route in ROUTES
]
STRANGER = SETTINGS.model_copy(update={"token_secret": "another" * 8})
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAD_TOKENS = {
    "nothing": None,
    "no token": "Bearer nonsense",
    "another scheme": "Basic YTpi",
    "another secret": f"Bearer {issue_token(STRANGER, named('ada'), MINUTE)}",
    "expired": f"Bearer {issue_token(SETTINGS, named('ada'), MINUTE, now=LONG_AGO)}",
    "another purpose": f"Bearer {issue_token(SETTINGS, named('ada'), MINUTE, audience='refresh')}",
    "unsigned": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiYXVkIjoiZGFya3Jvb20iLCJleHAiOjk5OTk5OTk5OTl9.",
}


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_asks_for_a_token(path: str) -> None:
    async with ApiWorld().api() as api:
        for name, header in BAD_TOKENS.items():
            answer = await api.client.get(path, headers={"Authorization": header} if header else {})
            checked(path, answer)
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        ("/v1/photos/nonsense", 422, "path.photo"),
        ("/v1/rolls/42/photos", 422, "path.roll"),
        ("/v1/me/photos?limit=0", 422, "query.limit"),
        ("/v1/me/photos?limit=101", 422, "query.limit"),
        ("/v1/me/photos?limit=many", 422, "query.limit"),
        ("/v1/nothing/here", 404, None),
        ("/", 404, None),
    ],
)
async def test_a_request_that_makes_no_sense_is_told_what_and_where(path: str, status: int, where: str | None) -> None:
    async with ApiWorld().api() as api:
        answer = await api.get("ada", path)
        assert answer.status_code == status
        assert [each["where"] for each in answer.json().get("errors", [])] == ([where] if where else [])


async def test_nothing_can_be_written() -> None:
    async with ApiWorld().api() as api:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await api.client.request(method, "/v1/me")
            checked("/v1/me", answer)
            assert answer.status_code == 405
            assert answer.headers["allow"] == "GET"


class Broken:
    """A store whose every read fails in the same way."""

    def __init__(self, error: Exception) -> None:
        self.error, self.partitioning = error, PARTITIONING

    async def fail(self, *_: Any, **__: Any) -> Any:
        """Fails."""
        raise self.error

    get = slice = pick = get_many = slice_many = merge_slices = pick_many = fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreUnavailable("NoHostAvailable: cassandra at 10.0.0.7 refused darkroom_api"), 503),
        (RuntimeError("SELECT * FROM projections: NoneType in module.py"), 500),
    ],
)
async def test_a_failing_database_shows_no_insides(error: Exception, status: int) -> None:
    world = ApiWorld()
    world.store = Broken(error)  # type: ignore[assignment]
    async with world.api() as api:
        for path in PATHS:
            answer = await api.get("ada", path)
            assert answer.status_code == status
            assert "10.0.0.7" not in answer.text
            assert ("retry-after" in answer.headers) == (status == 503)
            assert answer.headers["x-request-id"] == answer.json()["request_id"]
        ready = await api.client.get("/readyz")
        checked("/readyz", ready)
        assert ready.status_code == 503
        assert (await api.client.get("/healthz")).status_code == 200


async def test_the_cause_of_a_503_is_in_the_log_under_the_requests_id(caplog: pytest.LogCaptureFixture) -> None:
    world = ApiWorld()
    world.store = Broken(StoreUnavailable("NoHostAvailable: 10.0.0.7"))  # type: ignore[assignment]
    async with world.api() as api:
        answer = await api.get("ada", "/v1/me")
        written = [record.getMessage() for record in caplog.records if record.name == "darkroom.http"]
        request_id = answer.json()["request_id"]
        assert written == [f"request {request_id}: 503: StoreUnavailable: NoHostAvailable: 10.0.0.7"]
        assert (await api.get("ada", "/v1/nothing")).status_code == 404
        assert len([record for record in caplog.records if record.name == "darkroom.http"]) == 1


class Silent:
    """A database that never answers."""

    def __getattr__(self, _: str) -> Any:
        async def wait(*_: Any, **__: Any) -> None:
            await asyncio.sleep(3600)

        return wait


async def test_a_database_that_never_answers_is_waited_for_until_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.service.DEADLINE_SECONDS", 0.05)
    world = ApiWorld()
    world.store = Silent()  # type: ignore[assignment]
    async with world.api() as api:
        answer = await api.get("ada", "/v1/me")
        assert answer.status_code == 503
        assert answer.headers["x-request-id"] == answer.json()["request_id"]


async def test_a_sane_request_id_is_kept_and_any_other_replaced() -> None:
    async with ApiWorld().api() as api:
        for given, kept in (("abc-123", True), ("a" * 65, False), ("a b\tc", False)):
            answer = await api.client.get("/healthz", headers={"X-Request-Id": given})
            assert (answer.headers["x-request-id"] == given) == kept


async def test_metrics_name_routes_and_never_paths() -> None:
    async with ApiWorld().api() as api:
        await api.get("ada", f"/v1/photos/{named('dusk')}")
        await api.get("ada", "/a/path/from/outside")
        answer: httpx.Response = await api.client.get("/metrics")
        line = 'darkroom_http_requests_total{method="GET",route="/v1/photos/{photo}",status="404"} 1.0'
        assert line in answer.text
        assert str(named("dusk")) not in answer.text
        assert "outside" not in answer.text


async def test_every_operation_is_documented_with_an_example_its_problems_and_the_token() -> None:
    async with ApiWorld().api() as api:
        document = (await api.client.get("/openapi.json")).json()
        for route in ROUTES:
            operation = document["paths"][route.path]["get"]
            shape: Any = route.response_model
            shape.model_validate(operation["responses"]["200"]["content"]["application/json"]["example"])
            assert {"400", "401", "422", "503"} <= set(operation["responses"])
            assert operation["security"]
            assert operation["description"]
