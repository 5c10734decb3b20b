# Generated from schemas/ by `python -m events.generate`; edit those and run it again.
"""Every event of the log as a frozen dataclass. A personal field holds plain text, or ERASED."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.personal import Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What never changes of a developed photo's pictures: the same in every event about the photo. Sizes are in pixels; the keys of the pictures follow from the photo, the version and the size."""

    filter_version: str
    blurhash: str
    full_width: int
    full_height: int
    feed_width: int
    feed_height: int
    thumb_width: int
    thumb_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One size of a filtered photo."""

    key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleChanged:
    """A person took another handle and gave up the old one."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    user_id: UUID
    handle: str | Erased
    handle_hmac: str
    old_handle_hmac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged:
    """A person changed how they present themselves. Only fields named in `changed` were set; one that is named and null was cleared."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    user_id: UUID
    changed: tuple[str, ...]
    display_name: str | Erased | None = None
    bio: str | Erased | None = None
    avatar_id: UUID | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeactivated:
    """A person hid their account for a while."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReactivated:
    """A person came back after hiding their account."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered:
    """A person joined Darkroom."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    user_id: UUID
    handle: str | Erased
    handle_hmac: str
    display_name: str | Erased
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFollowed:
    """One person began to follow another."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    follower_id: UUID
    followee_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnfollowed:
    """One person stopped following another."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    follower_id: UUID
    followee_id: UUID
    follow_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoAddedToRoll:
    """A photo was put into a roll: a placement, known by this event's id."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    roll_id: UUID
    taken_at: datetime
    develops_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDeleted:
    """Its owner deleted the photo: an end."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDeveloped:
    """The photo's time has come and it is filtered: it may be seen."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime
    on_profile: bool | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDevelopedInRoll:
    """A placed photo has developed: from here on the roll counts it as seen. Derived, one for each placement."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    roll_id: UUID
    placement_id: UUID
    taken_at: datetime | None = None
    develops_at: datetime | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFiltered:
    """The film look was applied; the photo is ready to develop."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    develops_at: datetime
    filter_version: str
    full: Image
    feed: Image
    thumb: Image
    blurhash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRejected:
    """The upload can't become a photo: an end."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRemovedFromRoll:
    """A placement of a photo in a roll ended."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    roll_id: UUID
    placement_id: UUID
    taken_at: datetime
    develops_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoTaken:
    """A photo was taken; nobody has seen it yet."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime
    zone: str
    rule_version: str
    object_key: str
    etag: str
    on_profile: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoTakenDown:
    """A moderator took the photo down: an end."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDeleted:
    """A comment was deleted, by its author or by the photo's owner."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    author_id: UUID
    comment_id: UUID
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPosted:
    """Somebody commented on a photo; the comment is known by this event's id."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    author_id: UUID
    text: str | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoLiked:
    """Somebody liked a photo."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    liker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoUnliked:
    """Somebody took a like back."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    photo_id: UUID
    liker_id: UUID
    like_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited:
    """A member of a roll invited somebody to join it; `actor_id` is who invites."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """Somebody became a member of a roll."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    member_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """A member left a roll."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    member_id: UUID
    membership_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved:
    """A member was removed from a roll, by an owner or because the roll was deleted."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    member_id: UUID
    membership_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleChanged:
    """A member of a roll got another role."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    member_id: UUID
    membership_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollChanged:
    """A roll's own facts changed. Only fields named in `changed` were set; one that is named and null was cleared."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    creator_id: UUID
    changed: tuple[str, ...]
    title: str | Erased | None = None
    theme: str | None = None
    visibility: str | None = None
    cover_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCreated:
    """Somebody opened a roll."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    creator_id: UUID
    title: str | Erased
    theme: str
    visibility: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollDeleted:
    """A roll was closed for good."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    creator_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RollFollowed:
    """Somebody began to follow a roll."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    follower_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUnfollowed:
    """Somebody stopped following a roll."""

    event_id: UUID
    occurred_at: datetime
    actor_id: UUID
    roll_id: UUID
    follower_id: UUID
    follow_id: UUID


Event = (
    HandleChanged
    | ProfileChanged
    | UserDeactivated
    | UserReactivated
    | UserRegistered
    | UserFollowed
    | UserUnfollowed
    | PhotoAddedToRoll
    | PhotoDeleted
    | PhotoDeveloped
    | PhotoDevelopedInRoll
    | PhotoFiltered
    | PhotoRejected
    | PhotoRemovedFromRoll
    | PhotoTaken
    | PhotoTakenDown
    | CommentDeleted
    | CommentPosted
    | PhotoLiked
    | PhotoUnliked
    | MemberInvited
    | MemberJoined
    | MemberLeft
    | MemberRemoved
    | MemberRoleChanged
    | RollChanged
    | RollCreated
    | RollDeleted
    | RollFollowed
    | RollUnfollowed
)

EVENTS: dict[str, type[Event]] = {
    "darkroom.accounts.HandleChanged": HandleChanged,
    "darkroom.accounts.ProfileChanged": ProfileChanged,
    "darkroom.accounts.UserDeactivated": UserDeactivated,
    "darkroom.accounts.UserReactivated": UserReactivated,
    "darkroom.accounts.UserRegistered": UserRegistered,
    "darkroom.graph.UserFollowed": UserFollowed,
    "darkroom.graph.UserUnfollowed": UserUnfollowed,
    "darkroom.photos.PhotoAddedToRoll": PhotoAddedToRoll,
    "darkroom.photos.PhotoDeleted": PhotoDeleted,
    "darkroom.photos.PhotoDeveloped": PhotoDeveloped,
    "darkroom.photos.PhotoDevelopedInRoll": PhotoDevelopedInRoll,
    "darkroom.photos.PhotoFiltered": PhotoFiltered,
    "darkroom.photos.PhotoRejected": PhotoRejected,
    "darkroom.photos.PhotoRemovedFromRoll": PhotoRemovedFromRoll,
    "darkroom.photos.PhotoTaken": PhotoTaken,
    "darkroom.photos.PhotoTakenDown": PhotoTakenDown,
    "darkroom.reactions.CommentDeleted": CommentDeleted,
    "darkroom.reactions.CommentPosted": CommentPosted,
    "darkroom.reactions.PhotoLiked": PhotoLiked,
    "darkroom.reactions.PhotoUnliked": PhotoUnliked,
    "darkroom.rolls.MemberInvited": MemberInvited,
    "darkroom.rolls.MemberJoined": MemberJoined,
    "darkroom.rolls.MemberLeft": MemberLeft,
    "darkroom.rolls.MemberRemoved": MemberRemoved,
    "darkroom.rolls.MemberRoleChanged": MemberRoleChanged,
    "darkroom.rolls.RollChanged": RollChanged,
    "darkroom.rolls.RollCreated": RollCreated,
    "darkroom.rolls.RollDeleted": RollDeleted,
    "darkroom.rolls.RollFollowed": RollFollowed,
    "darkroom.rolls.RollUnfollowed": RollUnfollowed,
}
NESTED: dict[str, type] = {"Card": Card, "Image": Image}
