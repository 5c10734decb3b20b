"""What an HTTP service says when it can't do what was asked: RFC 9457, and nothing about its own insides."""

import json
from collections.abc import Awaitable, Callable, Mapping
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
UNAVAILABLE: tuple[type[Exception], ...] = (StoreUnavailable, KeysUnavailable, RegistryUnavailable)


class Problem(Exception):
    """An answer other than success. `detail` is for the person who asked; `more` are further members of the body."""

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
    """There is no such thing as far as this viewer may know: `not_found("photo")`."""
    return Problem(404, f"There is no such {what}.")


def forbidden(why: str) -> Problem:
    """The viewer knows of it, but may not do this: `forbidden("Only an owner may change a roll.")`."""
    return Problem(403, why)


def bad_request(why: str) -> Problem:
    """The request itself makes no sense."""
    return Problem(400, why)


def unavailable() -> Problem:
    """Something that the service depends on doesn't answer; trying again soon may help."""
    detail = "The service can't answer just now. Try again soon."
    return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def answer_of(problem: Problem, request_id: str = "") -> Response:
    """A problem as a response."""
    body: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    body |= {"detail": problem.detail} | problem.more
    if request_id:
        body["request_id"] = request_id
    return Response(json.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str:
    """The id that this request bears in answers and logs."""
    return getattr(request.state, "request_id", "")


def handle(app: FastAPI, others_unavailable: tuple[type[Exception], ...] = ()) -> None:
    """Makes an application answer every failure with a problem. Unexpected ones are caught further out (observed)."""

    def answering(
        problem_of: Callable[[Any], Problem],
    ) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handler(request: Request, error: Exception) -> Response:
            return answer_of(problem_of(error), request_id_of(request))

        return handler

    app.add_exception_handler(Problem, answering(lambda problem: problem))
    app.add_exception_handler(RequestValidationError, answering(of_validation))
    app.add_exception_handler(HTTPException, answering(of_http))
    for kind in UNAVAILABLE + others_unavailable:
        app.add_exception_handler(kind, answering(lambda _: unavailable()))


def of_validation(error: RequestValidationError) -> Problem:
    """What is wrong and where, without the values that were sent."""
    errors = [{"where": ".".join(map(str, each["loc"])), "what": str(each["msg"])} for each in error.errors()]
    return Problem(422, "The request isn't valid: see errors.", more={"errors": errors})


def of_http(error: HTTPException) -> Problem:
    """The framework's own refusals: no such path, no such method."""
    detail = {404: "There is nothing at this path.", 405: "This path doesn't take this method."}
    return Problem(error.status_code, detail.get(error.status_code, str(error.detail)), headers=error.headers)


class ProblemBody(BaseModel):
    """A problem (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such photo."])
    request_id: str = Field(default="", examples=["3f0c2b7e9a1d4c58"])


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
    """The `responses` of a route that may answer with these problems."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                MEDIA_TYPE: {
                    "schema": ProblemBody.model_json_schema(),
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
