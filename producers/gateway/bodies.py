"""Bodies of requests: their members, limits and examples. A body beyond them is a 422 that says where."""

import unicodedata
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from producers.decide.develops_at import zones
from producers.limits import BIO, COMMENT, DISPLAY_NAME, HANDLE, ROLLS_A_PHOTO, THEME, TITLE, ContentType

USER = "bbce2359-3b38-5c04-add3-59bf94bc6cbd"
PHOTO = "6cc4a6d0-fe48-5fed-ab6d-c30bf06bd4a0"
ROLL = "2f1d7c58-0f4e-5b0a-8f0f-0d4f6cf3a9be"
LINE_FEED = "\n"


def normalized(value: Any) -> Any:
    """Returns text in one normal form (NFC), without blanks around it; anything else as it is."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def single_line(value: str) -> str:
    """Returns the text. Raises ValueError for control characters."""
    return printable(value, allowed="")


def multi_line(value: str) -> str:
    """Returns the text. Raises ValueError for control characters other than line feeds."""
    return printable(value, allowed=LINE_FEED)


def printable(value: str, *, allowed: str) -> str:
    """Returns the text. Raises ValueError for control characters, surrogates and code points that are unassigned."""
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn") and character not in allowed for character in value):
        raise ValueError("control characters aren't allowed")
    return value


def existing_zone(value: str) -> str:
    """Returns the zone. Raises ValueError if there is none of this name."""
    if value not in zones():
        raise ValueError("there is no such IANA time zone")
    return value


def lowercase(value: Any) -> Any:
    """Returns a handle as it is kept."""
    return value.lower() if isinstance(value, str) else value


Title = Annotated[str, BeforeValidator(normalized), Field(min_length=1, max_length=TITLE), AfterValidator(single_line)]
Theme = Annotated[str, BeforeValidator(normalized), Field(max_length=THEME), AfterValidator(single_line)]
Text = Annotated[str, BeforeValidator(normalized), Field(min_length=1, max_length=COMMENT), AfterValidator(multi_line)]
Bio = Annotated[str, BeforeValidator(normalized), Field(max_length=BIO), AfterValidator(multi_line)]
DisplayName = Annotated[
    str, BeforeValidator(normalized), Field(min_length=1, max_length=DISPLAY_NAME), AfterValidator(single_line)
]
Handle = Annotated[str, BeforeValidator(lowercase), Field(pattern=HANDLE)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(existing_zone)]


class Visibility(StrEnum):
    """Who sees a roll and may join it."""

    PUBLIC = "public"
    PRIVATE = "private"


class Role(StrEnum):
    """What a member may do."""

    OWNER = "owner"
    MEMBER = "member"


class Body(BaseModel):
    """What a request says; members that aren't known are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def sent(self, *names: str) -> dict[str, Any]:
        """Returns those of these members that the request has, null or not."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


def without_defaults(schema: dict[str, Any]) -> None:
    """Takes the defaults out of a schema: a generated client would send them for members that nobody named."""
    for member in schema["properties"].values():
        member.pop("default", None)


class MergePatch(Body):
    """A JSON merge patch (RFC 7396): null clears what may be cleared; what isn't named stays."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    @model_validator(mode="after")
    def not_empty(self) -> "MergePatch":
        """Returns the patch. Raises ValueError if it has no member."""
        if not self.model_fields_set:
            raise ValueError("name at least one member")
        return self


class ProfilePatch(MergePatch):
    """What to change of one's profile."""

    handle: Handle = Field("", description="Unique; capital letters are taken as small ones.", examples=["ada.l"])
    display_name: DisplayName = Field("", examples=["Ada Lovelace"])
    bio: Bio | None = Field(None, description="Null clears it.", examples=["Mostly swings and sparklers."])
    avatar: UUID | None = Field(None, description="One of your developed photos; null clears it.", examples=[PHOTO])
    zone: Zone = Field("", description="An IANA time zone: photos develop at 9 am there.", examples=["Europe/Berlin"])


class NewRoll(Body):
    """A roll to be opened."""

    title: Title = Field(examples=["Midsummer at the lake"])
    theme: Theme = Field("", description="A short word, or nothing.", examples=["wedding"])
    visibility: Visibility = Field(Visibility.PRIVATE, description="`public`: anyone may see it and join.")


class RollPatch(MergePatch):
    """What to change of a roll."""

    title: Title = Field("", examples=["Midsummer, second night"])
    theme: Theme | None = Field(None, description="Null clears it.", examples=["wedding"])
    visibility: Visibility = Field(Visibility.PRIVATE)
    cover: UUID | None = Field(None, description="A developed photo in the roll; null clears it.", examples=[PHOTO])


class Membership(Body):
    """How to be a member: nothing to join, a role for an owner to give."""

    role: Role | None = Field(None, description="Only an owner gives roles.", examples=["owner"])


class NewInvitation(Body):
    """Who is to join."""

    user: UUID = Field(description="The person.", examples=[USER])


class NewUpload(Body):
    """A file to be sent."""

    content_type: ContentType = Field(description="What the file is.", examples=["image/jpeg"])


class NewPhoto(Body):
    """A photo to be registered, once its file was sent."""

    upload_id: UUID = Field(description="From POST /v1/uploads.", examples=["c7a2c2f5-2a9e-5a0e-9f43-7f3a1d2c9b10"])
    taken_at: AwareDatetime | None = Field(
        None,
        description="When the phone says that it was taken; for show and order only, and taken as within the last 30"
        " days and not after now.",
        examples=["2026-06-19T21:03:58.250Z"],
    )
    rolls: list[UUID] = Field([], max_length=ROLLS_A_PHOTO, description="Rolls to put it into.", examples=[[ROLL]])
    on_profile: bool = Field(True, description="Whether it shows on your profile.")


class NewComment(Body):
    """What to say about a photo."""

    text: Text = Field(examples=["Look at that light leak!"])
