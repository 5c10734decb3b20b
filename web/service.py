"""An HTTP service: FastAPI with our problems, request ids, metrics, health, and OpenAPI."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.deadline import DEADLINE_SECONDS, Deadline
from web.middleware import Metrics, RequestMiddleware
from web.problems import Problem, documented, handle_problems

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]
Ready = Callable[[FastAPI], Awaitable[None]]
OPERATIONS: dict[str, Any] = {"tags": ["operations"]}


def service(
    title: str, description: str, lifespan: Lifespan, ready: Ready, *, unavailable: tuple[type[Exception], ...] = ()
) -> FastAPI:
    """An application whose every failure is a problem. `lifespan` sets `app.state.settings`, and what routes need.

    `ready` returns if the service can do its work and raises anything otherwise. `unavailable` are exceptions, beside
    those of the store, the keys and the registry, that mean "try again soon".
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        responses=documented(401, 422, 503),
        generate_unique_id_function=lambda route: route.name,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    metrics = Metrics()
    handle_problems(app, unavailable)
    app.add_middleware(Deadline, seconds=DEADLINE_SECONDS)
    app.add_middleware(RequestMiddleware, metrics=metrics)

    async def healthz() -> Response:
        """The process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        """The service can do its work: what it depends on answers."""
        try:
            await ready(request.app)
        except Exception as error:
            raise Problem(503, "Not ready yet.", headers={"Retry-After": "1"}) from error
        return JSONResponse({"status": "ready"})

    async def scrape() -> Response:
        """Metrics, for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    example: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": {"status": "ok"}}}}}
    app.add_api_route("/healthz", healthz, responses=example, **OPERATIONS)
    app.add_api_route("/readyz", readyz, responses=example, **OPERATIONS)
    app.add_api_route("/metrics", scrape, response_class=Response, **OPERATIONS)
    return app
