"""Problems: how an HTTP service answers a request that it can't fulfil (RFC 9457), without internals."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from events.personal import KeysUnavailable
from events.registry import RegistryUnavailable
from projections.store.protocol import StoreUnavailable

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
SCHEMAS = "#/components/schemas/"
PROBLEM_NAME = "Problem"  # of `ProblemBody`, in OpenAPI and in clients
logger = logging.getLogger("darkroom.http")
UNAVAILABLE: tuple[type[Exception], ...] = (StoreUnavailable, KeysUnavailable, RegistryUnavailable)


class Problem(Exception):
    """An answer other than success. `detail` is for people; `more` are further members of the body."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ):
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.title = title or HTTPStatus(status).phrase
        self.headers, self.more = dict(headers or {}), dict(more or {})


def not_found(what: str) -> Problem:
    """Returns the problem for what isn't there, or is hidden from the viewer: `not_found("photo")`."""
    return Problem(404, f"There is no such {what}.")


def bad_request(why: str) -> Problem:
    """Returns the problem for a request that is wrong in itself."""
    return Problem(400, why)


def unavailable() -> Problem:
    """Returns the problem for a server behind the service that doesn't answer: a retry may help."""
    detail = "The service can't answer just now. Try again soon."
    return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def not_ready(missing: Sequence[str]) -> Problem:
    """Returns the problem of a service that can't do its work yet, with the names of what is missing."""
    more = {"missing": list(missing)}
    return Problem(503, "Not ready yet.", headers={"Retry-After": str(RETRY_SECONDS)}, more=more)


def problem_response(problem: Problem, request_id: str = "") -> Response:
    """Returns a problem as a response."""
    body: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    body |= {"detail": problem.detail} | problem.more
    if request_id:
        body["request_id"] = request_id
    return Response(json.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str:
    """Returns the id that a request has in answers and logs."""
    return getattr(request.state, "request_id", "")


def problem_handler(problem_of: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Returns an exception handler that answers with the problem that `problem_of` makes of an exception.

    What makes a 503 is in the log under the request's id, which is the way from an answer to its cause."""

    async def handler(request: Request, error: Exception) -> Response:
        problem, request_id = problem_of(error), request_id_of(request)
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            cause = error.__cause__ or error
            logger.warning("request %s: 503: %s: %s", request_id, type(cause).__name__, cause)
        return problem_response(problem, request_id)

    return handler


def handle_problems(app: FastAPI, more_unavailable: tuple[type[Exception], ...] = ()) -> None:
    """Makes an application answer every failure with a problem; unexpected ones are caught in web.middleware."""
    app.add_exception_handler(Problem, problem_handler(lambda problem: problem))
    app.add_exception_handler(RequestValidationError, problem_handler(validation_problem))
    app.add_exception_handler(HTTPException, problem_handler(http_problem))
    for kind in UNAVAILABLE + more_unavailable:
        app.add_exception_handler(kind, problem_handler(lambda _: unavailable()))


def validation_problem(error: RequestValidationError) -> Problem:
    """Returns the problem for an invalid request: what is wrong and where, without the values that were sent."""
    errors = [{"where": ".".join(map(str, each["loc"])), "what": str(each["msg"])} for each in error.errors()]
    return Problem(422, "The request isn't valid: see errors.", more={"errors": errors})


def http_problem(error: HTTPException) -> Problem:
    """Returns the problem for the framework's own errors: no such path, no such method."""
    detail = {404: "There is nothing at this path.", 405: "This path doesn't take this method."}
    return Problem(error.status_code, detail.get(error.status_code, str(error.detail)), headers=error.headers)


class InvalidPart(BaseModel):
    """What is wrong with one part of a request."""

    where: str = Field(examples=["body.title"])
    what: str = Field(examples=["Field required"])


class ProblemBody(BaseModel):
    """A problem (RFC 9457). `errors` and `missing` only come with the problems that they are about."""

    model_config = ConfigDict(title=PROBLEM_NAME)

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such photo."])
    request_id: str = Field(default="", examples=["3f0c2b7e9a1d4c58"])
    errors: list[InvalidPart] = Field(default=[], description="What is wrong with a request that isn't valid (422).")
    missing: list[str] = Field(default=[], description="What a service waits for that isn't ready (503 of /readyz).")


EXAMPLES = {
    400: "The cursor isn't one of ours.",
    401: "The token is missing, malformed or expired.",
    403: "Only an owner may do this.",
    404: "There is no such photo.",
    409: "The handle is taken.",
    413: "The body is too large.",
    422: "The request isn't valid: see errors.",
    429: "Too many requests: try again later.",
    503: "The service can't answer just now. Try again soon.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the `responses` (OpenAPI) of a route that may answer with these problems."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": SCHEMAS + PROBLEM_NAME},
                    "example": {
                        "type": "about:blank",
                        "title": HTTPStatus(status).phrase,
                        "status": status,
                        "detail": EXAMPLES.get(status, HTTPStatus(status).description),
                        "request_id": "3f0c2b7e9a1d4c58",
                    },
                }
            },
        }
        for status in statuses
    }
