"""The page of a service's document, /docs: the service itself answers all that it is made of."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import httpx
import pytest

from tests.api.world import ApiWorld
from tests.gateway.world import world

Ask = Callable[[str], Awaitable[httpx.Response]]
TYPES = {"json": "application/json", "js": "text/javascript", "css": "text/css", "png": "image/png"}
NAMED = re.compile(r"""(?:src|href|url)[=:] ?["']([^"']+)["']""")
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("service", ["api", "gateway"])]


@asynccontextmanager
async def running(service: str) -> AsyncGenerator[Ask]:
    """A service in this process, to be asked for paths."""
    if service == "api":
        async with ApiWorld().api() as api:
            yield api.client.get
    else:
        async with world() as here:
            yield lambda path: here.ask(None, "GET", path)


async def test_the_page_and_all_that_it_names_come_from_the_service(service: str) -> None:
    async with running(service) as ask:
        page = await ask("/docs")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "//" not in page.text
        named = NAMED.findall(page.text)
        assert {path.rsplit(".", 1)[1] for path in named} == set(TYPES)
        for path in named:
            answer = await ask(urljoin("/docs", path))
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].split(";")[0] == TYPES[path.rsplit(".", 1)[1]]
            assert answer.content
            if path.endswith(".css"):
                assert [each for each in re.findall(r"@import|url\(([^)]*)", answer.text) if "data:" not in each] == []


async def test_there_is_no_other_page_that_would_need_the_internet(service: str) -> None:
    async with running(service) as ask:
        assert (await ask("/redoc")).status_code == 404


async def test_all_requests_for_the_pages_files_are_counted_as_one_route(service: str) -> None:
    async with running(service) as ask:
        for name in ("swagger-ui.css", "swagger-ui-bundle.js", "nothing", "nothing-else"):
            await ask(f"/docs/{name}")
        counted = re.findall(r'darkroom_http_requests_total\{.*route="(/docs[^"]*)"', (await ask("/metrics")).text)
        assert "/docs/{name}" in counted
        assert set(counted) <= {"/docs", "/docs/{name}"}
