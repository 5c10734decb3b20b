"""The gateway's routes, in one list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response

from producers.gateway import accounts, follows, members, photos, reactions, rolls, uploads
from producers.gateway.written import Written
from web.problems import documented

STALE = {
    "description": "`true` if the positions in Darkroom-After weren't reached: it was decided on what was there.",
    "schema": {"type": "string"},
}
POSITION = {
    "description": "Where the facts are in the log: give it to a read as Darkroom-After, to see what you wrote.",
    "schema": {"type": "string"},
    "example": "photos-3@41,photos-3@42",
}
WRITTEN: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "It is in the log; the read models follow.",
        "headers": {"Darkroom-Position": POSITION, "Darkroom-Stale": STALE},
    }
}


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path and its handler.

    `problems` are the statuses that it may answer beside those of every route; `operation` is its name in OpenAPI."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Response]]
    tag: str
    problems: tuple[int, ...] = ()
    operation: str = ""


ROUTES = (
    Route("PATCH", "/v1/me", accounts.change_me, "me", (403, 409), "change_me"),
    Route("POST", "/v1/me/deactivate", accounts.deactivate, "me", (), "deactivate"),
    Route("POST", "/v1/me/reactivate", accounts.reactivate, "me", (), "reactivate"),
    Route("PUT", "/v1/users/{user_id}/follow", follows.follow_user, "users", (403, 404, 409, 429), "follow_user"),
    Route("DELETE", "/v1/users/{user_id}/follow", follows.unfollow_user, "users", (403, 404), "unfollow_user"),
    Route("POST", "/v1/rolls", rolls.create, "rolls", (403, 409), "create_roll"),
    Route("PATCH", "/v1/rolls/{roll_id}", rolls.change, "rolls", (403, 404, 409), "change_roll"),
    Route("DELETE", "/v1/rolls/{roll_id}", rolls.delete, "rolls", (403, 404), "delete_roll"),
    Route(
        "PUT", "/v1/rolls/{roll_id}/members/{user_id}", members.put_member, "rolls", (403, 404, 409, 429), "put_member"
    ),
    Route(
        "DELETE", "/v1/rolls/{roll_id}/members/{user_id}", members.end_member, "rolls", (403, 404, 409), "end_member"
    ),
    Route("POST", "/v1/rolls/{roll_id}/invitations", members.invite, "rolls", (403, 404), "invite"),
    Route("PUT", "/v1/rolls/{roll_id}/follow", follows.follow_roll, "rolls", (403, 404, 429), "follow_roll"),
    Route("DELETE", "/v1/rolls/{roll_id}/follow", follows.unfollow_roll, "rolls", (403, 404), "unfollow_roll"),
    Route("POST", "/v1/photos", photos.take, "photos", (403, 404, 409), "take_photo"),
    Route("DELETE", "/v1/photos/{photo_id}", photos.delete, "photos", (403, 404), "delete_photo"),
    Route("PUT", "/v1/photos/{photo_id}/like", reactions.like, "photos", (403, 404, 409, 429), "like_photo"),
    Route("DELETE", "/v1/photos/{photo_id}/like", reactions.unlike, "photos", (403, 404), "unlike_photo"),
    Route("PUT", "/v1/photos/{photo_id}/rolls/{roll_id}", photos.place, "photos", (403, 404, 409, 429), "place_photo"),
    Route("DELETE", "/v1/photos/{photo_id}/rolls/{roll_id}", photos.unplace, "photos", (403, 404), "unplace_photo"),
    Route("POST", "/v1/photos/{photo_id}/comments", reactions.comment, "photos", (403, 404, 409, 413), "comment"),
    Route(
        "DELETE",
        "/v1/photos/{photo_id}/comments/{comment_id}",
        reactions.delete_comment,
        "photos",
        (403, 404),
        "delete_comment",
    ),
)


def add_routes(app: FastAPI) -> None:
    """Adds all routes to the application."""
    for route in ROUTES:
        app.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            name=route.operation,
            status_code=202,
            response_model=Written,
            responses=WRITTEN | documented(400, *route.problems),
            tags=[route.tag],
        )
    app.add_api_route(
        "/v1/uploads",
        uploads.create,
        methods=["POST"],
        name="create_upload",
        status_code=201,
        response_model=uploads.UploadForm,
        responses=documented(400, 403),
        tags=["photos"],
    )
