"""The shapes of what responses show, for OpenAPI and for the tests, which check every response against them. Pages and
screens, which are made of them, are in api/screens.py.

The API builds bodies itself (api/presentation.py) and doesn't validate them again on their way out.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.examples import Example
from web.problems import documented


class Shape(BaseModel):
    """No field that isn't named here."""

    model_config = ConfigDict(extra="forbid")
    EXAMPLE: ClassVar[Example] = {}


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

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_PHOTO

    id: UUID
    owner: UUID
    taken_at: datetime
    state: Literal["developing", "developed", "rejected"]
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

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_USER

    id: UUID
    handle: str
    display_name: str
    avatar: Image | None
    counts: UserCounts
    viewer: UserViewer


class Profile(User):
    """A person, with what they say of themselves."""

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_USER | {"bio": "Mostly lakes."}

    bio: str


class Me(Profile):
    """Oneself."""

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_USER | {"bio": "Mostly lakes.", "zone": "Europe/Stockholm"}

    zone: str = Field(description="IANA time zone: photos develop at 9 am there.")


class Member(User):
    """A member of a roll."""

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_USER | {"role": "owner", "joined_at": "2026-06-19T21:04:11.482Z"}

    role: Literal["owner", "member"]
    joined_at: datetime


class RollCounts(Shape):
    """The same for every viewer. `photos` counts the developing ones too."""

    photos: int
    members: int
    followers: int
    developing: int


class RollViewer(Shape):
    """What the viewer has to do with the roll."""

    role: Literal["owner", "member"] | None
    following: bool


class Roll(Shape):
    """A roll."""

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_ROLL

    id: UUID
    title: str
    theme: str
    visibility: Literal["public", "private"]
    owner: UUID
    cover: Image | None = Field(description="The photo chosen for it, or else the newest that the viewer sees.")
    thumbs: list[Image] = Field(description="Of the newest photos that the viewer sees; three at most.")
    created_at: datetime
    last_activity: datetime | None = Field(description="When a photo was last put in, a developing one too.")
    counts: RollCounts
    viewer: RollViewer


class Comment(Shape):
    """What somebody wrote about a photo."""

    EXAMPLE: ClassVar[Example] = examples.EXAMPLE_COMMENT

    id: UUID
    photo: UUID
    author: UUID
    text: str
    posted_at: datetime


def documents(shape: type[Shape], *problems: int) -> dict[str, Any]:
    """A route's documentation: the shape of its responses, with an example, and its problems."""
    return {"response_model": shape, "responses": {200: content(shape.EXAMPLE)} | documented(400, *problems)}


def content(example: Any) -> dict[str, Any]:
    """A response's example, and the headers that come with it."""
    headers = {
        "ETag": {"schema": {"type": "string"}, "description": "Weak; send it back in If-None-Match."},
        "Darkroom-Stale": {"schema": {"type": "string"}, "description": "`true` if Darkroom-After wasn't reached."},
        "X-Request-Id": {"schema": {"type": "string"}},
    }
    return {"content": {"application/json": {"example": example}}, "headers": headers}
