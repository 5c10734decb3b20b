"""An HTTP service: FastAPI with our problems, request ids, metrics, health, OpenAPI and its page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from events.reachability import reachability
from web.deadline import DEADLINE_SECONDS, Deadline
from web.middleware import Metrics, RequestMiddleware
from web.openapi import DocumentedApp
from web.opening import Open, Opening, UntilOpen
from web.problems import documented, handle_problems, not_ready, problem_response, request_id_of

Needs = Callable[[FastAPI], Mapping[str, Awaitable[Any]]]
OPENED_WITH = "database"  # what an opening waits for
OPERATIONS: dict[str, Any] = {"tags": ["operations"]}


class Health(BaseModel):
    """Whether a service runs (`ok`), or can do its work (`ready`)."""

    status: str


def service(
    title: str, description: str, open: Open, needs: Needs, *, unavailable: tuple[type[Exception], ...] = ()
) -> FastAPI:
    """An application whose every failure is a problem. It listens at once, and answers 503 until it is open.

    - `open`: sets `app.state.settings`, and what routes need, for the block; it waits for the database.
    - `needs`: what the service can't do its work without, by the names that /readyz says, each with a check that raises
      anything if it isn't there.
    - `unavailable`: exceptions, beside those of the store, the keys and the registry, that mean "try again soon".
    """
    opening = Opening(open)
    app = DocumentedApp(
        title=title,
        description=description,
        version="1",
        lifespan=opening.lifespan,
        responses=documented(401, 422, 503),
        generate_unique_id_function=lambda route: route.name,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.opening = opening
    app.state.metrics = metrics = Metrics()
    handle_problems(app, unavailable)
    app.add_middleware(Deadline, seconds=DEADLINE_SECONDS)
    app.add_middleware(UntilOpen, opening=opening)
    app.add_middleware(RequestMiddleware, metrics=metrics)

    async def healthz() -> Response:
        """The process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        """The service can do its work: what it depends on answers."""
        missing = await missing_of(needs(request.app)) if opening.is_open else [OPENED_WITH]
        if missing:
            return problem_response(not_ready(missing), request_id_of(request))
        return JSONResponse({"status": "ready"})

    async def scrape() -> Response:
        """Metrics, for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    example: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": {"status": "ok"}}}}}
    metrics_text: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
    app.add_api_route("/healthz", healthz, response_model=Health, responses=example, **OPERATIONS)
    app.add_api_route("/readyz", readyz, response_model=Health, responses=example, **OPERATIONS)
    app.add_api_route("/metrics", scrape, response_class=Response, responses=metrics_text, **OPERATIONS)
    return app


async def missing_of(needs: Mapping[str, Awaitable[Any]]) -> list[str]:
    """Checks all needs at once, and returns the names of those that aren't there. Why not is in the log."""
    outcomes = await asyncio.gather(*needs.values(), return_exceptions=True)
    missing: list[str] = []
    for name, outcome in zip(needs, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            reachability(f"/readyz: the {name}").failed(outcome, "is missing")
            missing.append(name)
        else:
            reachability(f"/readyz: the {name}").answered()
    return missing
