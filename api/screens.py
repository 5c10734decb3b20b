"""The shapes of pages, and of screens: one thing with the first pages of lists that belong to it.

Each says who and what is named in it, so that the app needs no second request to draw it.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from api import examples
from api.examples import Example
from api.responses import Comment, Image, Me, Member, Photo, Profile, Roll, Shape, User

T = TypeVar("T")


class NamedUser(Shape):
    """A person whom an answer names."""

    handle: str
    display_name: str
    avatar: Image | None


class NamedRoll(Shape):
    """A roll that an answer names."""

    title: str
    visibility: Literal["public", "private"]


class Developing(Shape):
    """Photos that can't be seen yet."""

    count: int
    ready_at: datetime | None = Field(description="When the next of them will have developed; null if none waits.")


People = Annotated[
    dict[UUID, NamedUser], Field(description="Those people, by id, whom the answer names and the viewer may see.")
]
Rolls = Annotated[
    dict[UUID, NamedRoll], Field(description="Those rolls, by id, which the answer names; the viewer may see them.")
]


class Listed(Shape, Generic[T]):
    """A page of a list; where it comes with something else, the first."""

    items: list[T]
    next: str | None = Field(description="The cursor of the list's next page; null at the end.")


class Page(Listed[T], Generic[T]):
    """A page of a list, with those whom it names."""

    people: People


class PageOfPhotos(Page[Photo]):
    """A page of photos, with those who took them and the rolls that they are in."""

    EXAMPLE: ClassVar[Example] = examples.page(examples.EXAMPLE_PHOTO) | {"rolls": examples.ROLLS}

    rolls: Rolls


class PageOfUsers(Page[User]):
    """A page of people."""

    EXAMPLE: ClassVar[Example] = examples.page(User.EXAMPLE)


class PageOfMembers(Page[Member]):
    """A page of a roll's members."""

    EXAMPLE: ClassVar[Example] = examples.page(Member.EXAMPLE)


class PageOfRolls(Page[Roll]):
    """A page of rolls, with those who made them."""

    EXAMPLE: ClassVar[Example] = examples.page(Roll.EXAMPLE)


class PageOfComments(Page[Comment]):
    """A page of comments, with those who wrote them."""

    EXAMPLE: ClassVar[Example] = examples.page(Comment.EXAMPLE)


def included(of: str) -> Any:
    """A field that is there only if `include` names it."""
    return Field(None, description=f"The first page of {of}; only with `include`.")


class PhotoScreen(Photo):
    """A photo, with what was asked to come with it. `rolls` are ids; `named_rolls` says what they are called."""

    EXAMPLE: ClassVar[Example] = Photo.EXAMPLE | examples.NAMED | {"comments": examples.listed(Comment.EXAMPLE)}

    people: People
    named_rolls: Rolls
    comments: Listed[Comment] | None = included("what people wrote about it")


class ProfileScreen(Profile):
    """A person, with what was asked to come with it."""

    EXAMPLE: ClassVar[Example] = (
        Profile.EXAMPLE
        | examples.NAMED
        | {"photos": examples.listed(Photo.EXAMPLE), "rolls": examples.listed(Roll.EXAMPLE)}
    )

    people: People
    named_rolls: Rolls
    photos: Listed[Photo] | None = included("what they show on their profile")
    rolls: Listed[Roll] | None = included("the rolls that they are a member of")


class MeScreen(Me):
    """Oneself, and one's darkroom, with what was asked to come with it."""

    EXAMPLE: ClassVar[Example] = Me.EXAMPLE | examples.NAMED | {"developing": examples.DEVELOPING}

    developing: Developing
    people: People
    named_rolls: Rolls
    photos: Listed[Photo] | None = included("your photos")
    rejected: Listed[Photo] | None = included("your photos that were rejected, with the reason")
    rolls: Listed[Roll] | None = included("the rolls that you are a member of")


class RollScreen(Roll):
    """A roll, with what was asked to come with it."""

    EXAMPLE: ClassVar[Example] = (
        Roll.EXAMPLE
        | examples.NAMED
        | {"developing": examples.DEVELOPING, "photos": examples.listed(Photo.EXAMPLE)}
        | {"members": examples.listed(Member.EXAMPLE)}
    )

    developing: Developing
    people: People
    named_rolls: Rolls
    photos: Listed[Photo] | None = included("its developed photos")
    members: Listed[Member] | None = included("its members")
