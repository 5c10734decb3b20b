"""A request that isn't answered in time is answered 503, and the work on it ends."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response, StreamingResponse

from web.deadline import Deadline

pytestmark = pytest.mark.anyio


class Service:
    """A service with a deadline of 50 ms, whose one route takes as long as it is told."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.app = FastAPI()
        self.app.add_middleware(Deadline, seconds=0.05)
        self.app.add_api_route("/slow/{ms}", self.slow)
        self.app.add_api_route("/own", self.own)

    async def slow(self, ms: int) -> Response:
        try:
            await asyncio.sleep(ms / 1000)
        finally:
            self.ended.append("slow")
        return Response("done")

    async def own(self) -> Response:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(60)
        return Response("never")

    async def get(self, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)


async def test_it_is_answered_503_and_its_work_ends() -> None:
    service = Service()
    async with asyncio.timeout(10):
        answer = await service.get("/slow/60000")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["status"] == 503
    assert service.ended == ["slow"]


async def test_one_that_is_in_time_is_left_alone() -> None:
    answer = await Service().get("/slow/0")
    assert (answer.status_code, answer.text) == (200, "done")


async def test_a_timeout_of_the_works_own_is_no_deadline() -> None:
    assert (await Service().get("/own")).status_code == 500


async def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    async def parts() -> None:
        await asyncio.sleep(60)

    async def begun(scope: object, receive: object, send: object) -> None:
        await StreamingResponse(iter([b"a"]))(scope, receive, send)  # type: ignore[arg-type]
        await parts()

    sent: list[str] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(str(message["type"]))

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(TimeoutError):
        await Deadline(begun, seconds=0.05)(scope, receive, send)  # type: ignore[arg-type]
    assert sent.count("http.response.start") == 1
