"""Around every request: its id, its metrics, and the last net under what nobody expected. Plain ASGI, for speed."""

import logging
import re
import time
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import Problem, answer_of

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
logger = logging.getLogger("darkroom.http")


class Metrics:
    """What Prometheus reads: requests and how long they took, by route template, method and status."""

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


class Observed:
    """The outermost layer. `answer_header` below adds headers to whatever is answered, problems included."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = sane_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        extra: list[tuple[str, str]] = [("X-Request-Id", request_id)]
        state["answer_headers"] = extra
        status = 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in extra:
                    headers.append(name, value)
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:
            logger.exception("request %s failed: %s", request_id, scope["method"])
            if status:  # the answer has begun: all that is left is to break it off
                raise
            problem = Problem(500, "Something went wrong. The request's id tells us what.")
            await answer_of(problem, request_id)(scope, receive, observed)
        finally:
            self._metrics.observe(scope, status or 500, time.perf_counter() - began)


def sane_id(scope: Scope) -> str:
    """The caller's request id if it is short and plain, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if SANE_ID.fullmatch(given):
                return given
    return uuid4().hex


def answer_header(request: Request, name: str, value: str) -> None:
    """Adds a header to the answer of this request, whatever the answer will be."""
    request.scope["state"]["answer_headers"].append((name, value))
