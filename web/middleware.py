"""The outermost layer of both services: request ids, metrics, and a 500 for what nobody expected.

Plain ASGI, because Starlette's own middleware class costs a task a request."""

import logging
import re
import time
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from events.error_text import traceback_of
from web.problems import Problem, problem_response

PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
logger = logging.getLogger("darkroom.http")


class Metrics:
    """Requests and how long they took, by route template, method and status, for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        labels = ("method", "route", "status")
        self.requests = Counter("darkroom_http_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "darkroom_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts one request. What matches no route shares one label: paths from outside must not make series."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "none")
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)


class ResponseCut(Exception):
    """A response ends before its end. What went wrong is in the log under the request's id."""


class RequestMiddleware:
    """Gives each request an id, counts it, and turns an unexpected exception into a problem.

    `add_header` adds headers to whatever the response will be, problems included."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = chosen_request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        added: list[tuple[str, str]] = [("X-Request-Id", request_id)]
        state["added_headers"] = added
        status = 0

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in added:
                    headers.append(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_observed)
        except Exception as error:
            logger.error("request %s failed: %s\n%s", request_id, scope["method"], traceback_of(error))
            if status:  # the response has begun, so it can only be cut short; the server logs what it is cut by
                raise ResponseCut(f"request {request_id} failed after its response had begun") from None
            problem = Problem(500, "Something went wrong. The request's id tells us what.")
            await problem_response(problem, request_id)(scope, receive, send_observed)
        finally:
            self._metrics.observe(scope, status or 500, time.perf_counter() - began)


def chosen_request_id(scope: Scope) -> str:
    """The caller's X-Request-Id if it is short and plain, else a new id."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if PLAIN_ID.fullmatch(given):
                return given
    return uuid4().hex


def add_header(request: Request, name: str, value: str) -> None:
    """Adds a header to this request's response, whatever that will be."""
    request.scope["state"]["added_headers"].append((name, value))
