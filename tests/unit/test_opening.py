"""A service listens at once: until what it needs is open, it says so instead of keeping anybody waiting."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI

from web import opening
from web.service import service

pytestmark = pytest.mark.anyio


class Resource:
    """What a service opens: it is there when `there` is set, or can't ever be opened."""

    def __init__(self) -> None:
        self.there, self.closed = asyncio.Event(), asyncio.Event()
        self.failure: Exception | None = None
        self.missing = False

    @asynccontextmanager
    async def open(self, _: FastAPI) -> AsyncGenerator[None]:
        await self.there.wait()
        if self.failure:
            raise self.failure
        yield
        self.closed.set()

    async def check(self) -> None:
        if self.missing:
            raise ConnectionError("the broker at 10.0.0.7 refused")

    def service(self) -> FastAPI:
        """A service with one route that needs it."""
        app = service("A service", "", self.open, lambda _: {"log": self.check()})
        app.add_api_route("/v1/thing", lambda: {"it": "works"})
        return app


@asynccontextmanager
async def running(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def short_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "START_SECONDS", 0.05)


async def test_until_it_is_open_it_answers_503_and_says_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    """Seen to fail without UntilOpen (500), and with a lifespan that waits for the opening (it never starts)."""
    resource = Resource()
    async with running(resource.service()) as client:
        answer = await client.get("/v1/thing", headers={"X-Request-Id": "mine"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "request mine: 503: " in caplog.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["missing"]) == (503, ["database"])
        resource.there.set()

        await asyncio.sleep(0)  # the opening's turn
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/thing")).json() == {"it": "works"}
    assert resource.closed.is_set()


async def test_one_that_is_there_is_open_before_the_first_request() -> None:
    resource = Resource()
    resource.there.set()
    async with running(resource.service()) as client:
        assert (await client.get("/v1/thing")).status_code == 200


async def test_ready_names_what_is_missing_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    resource = Resource()
    resource.there.set()
    resource.missing = True
    async with running(resource.service()) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["missing"]) == (503, ["log"])
        assert "10.0.0.7" not in ready.text
        assert "the log is missing: ConnectionError: the broker at 10.0.0.7 refused" in caplog.text
        resource.missing = False
        assert (await client.get("/readyz")).status_code == 200


async def test_one_that_stops_while_it_waits_opens_nothing() -> None:
    resource = Resource()
    async with asyncio.timeout(5), running(resource.service()):
        pass
    assert not resource.there.is_set()
    assert not resource.closed.is_set()


async def test_what_can_never_be_opened_fails_the_start() -> None:
    resource = Resource()
    resource.failure = PermissionError("another password")
    resource.there.set()
    with pytest.raises(PermissionError, match="another password"):
        async with running(resource.service()):
            pass


async def test_what_turns_out_later_never_to_open_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    """Seen to fail without the signal: the process would go on answering 503 for ever."""
    resource = Resource()
    resource.failure = PermissionError("another password")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    try:
        app = resource.service()
        async with running(app):
            resource.there.set()
            async with asyncio.timeout(5):
                await ended.wait()
            assert app.state.opening.failure is resource.failure
            assert "The service can't start: another password" in caplog.text
    finally:
        with suppress(ValueError):
            loop.remove_signal_handler(signal.SIGTERM)
