"""The shapes of responses, for OpenAPI and for the tests, which check every response against them.

The API builds bodies itself (api/presentation.py) and doesn't validate them again on their way out.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from web.problems import documented

ADA, PHOTO = "bbce2359-3b38-5c04-add3-59bf94bc6cbd", "6cc4a6d0-fe48-5fed-ab6d-c30bf06bd4a0"
ROLL, COMMENT = "2cf88bb1-9d26-523e-b9c3-1c403f0074f3", "0b1ad8f1-1f0e-5a0c-8a39-1f2e0c6a7b11"
T = TypeVar("T")
Example = dict[str, Any]


def image(size: str, width: int, height: int) -> dict[str, Any]:
    """An example of an image."""
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260620T070000Z&X-Amz-Expires=7200&X-Amz-Signature=5d672d79"
    return {"url": f"https://photos.example/photos/{PHOTO}/{size}.jpg?{signed}", "width": width, "height": height}


EXAMPLE_PHOTO: Example = {
    "id": PHOTO,
    "owner": ADA,
    "taken_at": "2026-06-19T21:04:11.482Z",
    "state": "developed",
    "develops_at": "2026-06-20T07:00:00.000Z",
    "images": {"full": image("full", 2000, 1500), "feed": image("feed", 1080, 810), "thumb": image("thumb", 320, 240)},
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "rolls": [ROLL],
    "counts": {"likes": 12, "comments": 3},
    "viewer": {"liked": True},
}
EXAMPLE_USER: Example = {
    "id": ADA,
    "handle": "ada",
    "display_name": "Ada Lindqvist",
    "avatar": image("thumb", 320, 240),
    "counts": {"followers": 204, "following": 87, "photos": 431, "rolls": 9},
    "viewer": {"following": True, "followed_by": False, "blocked": False},
}
EXAMPLE_ROLL: Example = {
    "id": ROLL,
    "title": "Midsummer at the lake",
    "theme": "summer",
    "visibility": "public",
    "owner": ADA,
    "cover": image("feed", 1080, 810),
    "last_activity": "2026-06-19T21:04:12.120Z",
    "counts": {"photos": 41, "members": 6, "followers": 18, "developing": 3},
    "viewer": {"role": "member", "following": False},
}
EXAMPLE_COMMENT: Example = {
    "id": COMMENT,
    "photo": PHOTO,
    "author": ADA,
    "text": "The light!",
    "posted_at": "2026-06-20T08:12:40.031Z",
}


class Shape(BaseModel):
    """No field that isn't named here."""

    model_config = ConfigDict(extra="forbid")
    EXAMPLE: ClassVar[Example] = {}


class PhotoState(StrEnum):
    """Whether a photo is still developing, can be seen, or never will be."""

    DEVELOPING = "developing"
    DEVELOPED = "developed"
    REJECTED = "rejected"


class Visibility(StrEnum):
    """Who sees a roll and may join it: anyone, or who was invited."""

    PUBLIC = "public"
    PRIVATE = "private"


class Role(StrEnum):
    """What a member of a roll may do."""

    OWNER = "owner"
    MEMBER = "member"


class Image(Shape):
    """One size of a photo, at a URL that stays the same for a window of time and expires."""

    url: str
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")


class Images(Shape):
    """All sizes of a photo."""

    full: Image
    feed: Image
    thumb: Image


class PhotoCounts(Shape):
    """The same for every viewer."""

    likes: int
    comments: int


class PhotoViewer(Shape):
    """What the viewer has to do with the photo."""

    liked: bool


class Photo(Shape):
    """A photo. Until it has developed only its owner knows of it, and nobody has images."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_PHOTO

    id: UUID
    owner: UUID
    taken_at: datetime
    state: PhotoState
    develops_at: datetime
    images: Images | None
    blurhash: str | None
    rolls: list[UUID] = Field(description="Those rolls that it is in and the viewer may see.")
    counts: PhotoCounts
    viewer: PhotoViewer
    rejected_reason: str | None = Field(None, description="Why it can't become a photo; only if it was rejected.")


class UserCounts(Shape):
    """The same for every viewer. `photos`: developed ones."""

    followers: int
    following: int
    photos: int
    rolls: int


class UserViewer(Shape):
    """What the viewer has to do with the person."""

    following: bool
    followed_by: bool
    blocked: bool


class User(Shape):
    """A person."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_USER

    id: UUID
    handle: str
    display_name: str
    avatar: Image | None
    counts: UserCounts
    viewer: UserViewer


class Profile(User):
    """A person, with what they say of themselves."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_USER | {"bio": "Mostly lakes."}

    bio: str


class Me(Profile):
    """Oneself."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_USER | {"bio": "Mostly lakes.", "zone": "Europe/Stockholm"}

    zone: str = Field(description="IANA time zone: photos develop at 9 am there.")


class Member(User):
    """A member of a roll."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_USER | {"role": "owner", "joined_at": "2026-06-19T21:04:11.482Z"}

    role: Role
    joined_at: datetime


class RollCounts(Shape):
    """The same for every viewer. `photos` counts the developing ones too."""

    photos: int
    members: int
    followers: int
    developing: int


class RollViewer(Shape):
    """What the viewer has to do with the roll."""

    role: Role | None
    following: bool


class Roll(Shape):
    """A roll."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_ROLL

    id: UUID
    title: str
    theme: str
    visibility: Visibility
    owner: UUID
    cover: Image | None
    last_activity: datetime | None = Field(description="When a photo was last put in, a developing one too.")
    counts: RollCounts
    viewer: RollViewer


class Comment(Shape):
    """What somebody wrote about a photo."""

    EXAMPLE: ClassVar[Example] = EXAMPLE_COMMENT

    id: UUID
    photo: UUID
    author: UUID
    text: str
    posted_at: datetime


class Page(Shape, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


@cache
def page_of(shape: type[Shape]) -> type[Shape]:
    """Returns the shape of a page of these, named `PhotoPage`: clients' classes have the names of OpenAPI's schemas."""
    return create_model(f"{shape.__name__}Page", __base__=Page[shape], __doc__=Page.__doc__)


def documents(shape: type[Shape], *problems: int) -> dict[str, Any]:
    """A route's documentation: the shape of its responses, with an example, and its problems."""
    return {"response_model": shape, "responses": {200: content(shape.EXAMPLE)} | documented(400, *problems)}


def documents_page(shape: type[Shape], *problems: int) -> dict[str, Any]:
    """The same for a route whose responses are pages of a shape."""
    body = {"items": [shape.EXAMPLE], "next": "q83vEjRWeJASNFZ4kBI0VniQ"}
    return {"response_model": page_of(shape), "responses": {200: content(body)} | documented(400, *problems)}


def content(example: Any) -> dict[str, Any]:
    """A response's example, and the headers that come with it."""
    headers = {
        "ETag": {"schema": {"type": "string"}, "description": "Weak; send it back in If-None-Match."},
        "Darkroom-Stale": {"schema": {"type": "string"}, "description": "`true` if Darkroom-After wasn't reached."},
        "X-Request-Id": {"schema": {"type": "string"}},
    }
    return {"content": {"application/json": {"example": example}}, "headers": headers}
