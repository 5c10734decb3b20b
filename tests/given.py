"""Builders of events for tests: `given.photo_taken(on_profile=True)` says what matters, and the defaults say the rest.

Every field may be named; one that the event doesn't have is a TypeError. An event's id follows from what it says, so
two that say the same are one event. An end is by default that of the beginning with the same people and things.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from events import generated as g
from events.generated import Event

E = TypeVar("E", bound=Event)
Fields = dict[str, Any]

NOON = datetime(2026, 6, 19, 12, tzinfo=UTC)
TAKEN = datetime(2026, 6, 19, 19, 30, tzinfo=UTC)
MORNING = datetime(2026, 6, 20, 7, tzinfo=UTC)


def named(name: str) -> UUID:
    """The id of whatever a test calls by this name."""
    return uuid5(NAMESPACE_URL, name)


ADA, BO, CY = map(named, ("ada", "bo", "cy"))
LAKE, DEN = map(named, ("lake", "den"))
DUSK, DAWN = map(named, ("dusk", "dawn"))


def minutes(number: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=number)


def made(kind: type[E], defaults: Fields, fields: Fields) -> E:
    """An event: its fields, and the defaults for those that weren't named."""
    values: Fields = {"occurred_at": NOON, "actor_id": ADA} | defaults | fields
    values.setdefault("event_id", named(f"{kind.__name__} {sorted(values.items())}"))
    return kind(**values)


def shared(fields: Fields, *names: str) -> Fields:
    """Those of the fields that a beginning has too."""
    return {name: value for name, value in fields.items() if name in names}


# accounts


def user_registered(**fields: Any) -> g.UserRegistered:
    """Ada joined Darkroom."""
    person = {"user_id": ADA, "handle": "ada", "handle_hmac": "hmac of ada"}
    return made(g.UserRegistered, person | {"display_name": "Ada", "zone": "Europe/Oslo"}, fields)


def handle_changed(**fields: Any) -> g.HandleChanged:
    """Ada took the handle `ada.l`."""
    handles = {"handle": "ada.l", "handle_hmac": "hmac of ada.l", "old_handle_hmac": "hmac of ada"}
    return made(g.HandleChanged, {"user_id": ADA} | handles, fields)


def profile_changed(**fields: Any) -> g.ProfileChanged:
    """Ada changed those fields that are named."""
    return made(g.ProfileChanged, {"user_id": ADA, "changed": of_schema(fields, "user_id")}, fields)


def user_deactivated(**fields: Any) -> g.UserDeactivated:
    """Ada hid her account."""
    return made(g.UserDeactivated, {"user_id": ADA}, fields)


def user_reactivated(**fields: Any) -> g.UserReactivated:
    """Ada came back."""
    return made(g.UserReactivated, {"user_id": ADA}, fields)


def of_schema(fields: Fields, *keys: str) -> tuple[str, ...]:
    """The fields that a *Changed event sets, of those that were named."""
    return tuple(name for name in fields if name not in ("event_id", "occurred_at", "actor_id", "changed", *keys))


# graph

FOLLOW: Fields = {"follower_id": BO, "followee_id": ADA}


def user_followed(**fields: Any) -> g.UserFollowed:
    """Bo followed Ada."""
    return made(g.UserFollowed, FOLLOW, fields)


def user_unfollowed(**fields: Any) -> g.UserUnfollowed:
    """Bo unfollowed Ada."""
    begun = user_followed(**shared(fields, *FOLLOW))
    return made(g.UserUnfollowed, FOLLOW | {"follow_id": begun.event_id}, fields)


# rolls

ROLL: Fields = {"roll_id": LAKE, "creator_id": ADA}
MEMBER: Fields = {"roll_id": LAKE, "member_id": BO}
ROLL_FOLLOW: Fields = {"roll_id": LAKE, "follower_id": BO}


def roll_created(**fields: Any) -> g.RollCreated:
    """Ada opened the roll of the lake, for everybody to see."""
    return made(g.RollCreated, ROLL | {"title": "Lake", "theme": "summer", "visibility": "public"}, fields)


def roll_changed(**fields: Any) -> g.RollChanged:
    """Those facts of the roll that are named changed."""
    return made(g.RollChanged, ROLL | {"changed": of_schema(fields, *ROLL)}, fields)


def roll_deleted(**fields: Any) -> g.RollDeleted:
    """The roll was closed."""
    return made(g.RollDeleted, ROLL, fields)


def member_invited(**fields: Any) -> g.MemberInvited:
    """Ada invited Bo."""
    return made(g.MemberInvited, MEMBER, fields)


def member_joined(**fields: Any) -> g.MemberJoined:
    """Bo joined the roll as a member."""
    return made(g.MemberJoined, MEMBER | {"role": "member"}, fields)


def membership(fields: Fields) -> Fields:
    """Bo's membership, or that of the person who is named."""
    return MEMBER | {"membership_id": member_joined(**shared(fields, *MEMBER)).event_id}


def member_role_changed(**fields: Any) -> g.MemberRoleChanged:
    """Bo became an owner."""
    return made(g.MemberRoleChanged, membership(fields) | {"role": "owner"}, fields)


def member_left(**fields: Any) -> g.MemberLeft:
    """Bo left."""
    return made(g.MemberLeft, membership(fields), fields)


def member_removed(**fields: Any) -> g.MemberRemoved:
    """Ada removed Bo."""
    return made(g.MemberRemoved, membership(fields), fields)


def roll_followed(**fields: Any) -> g.RollFollowed:
    """Bo followed the roll."""
    return made(g.RollFollowed, ROLL_FOLLOW, fields)


def roll_unfollowed(**fields: Any) -> g.RollUnfollowed:
    """Bo unfollowed the roll."""
    begun = roll_followed(**shared(fields, *ROLL_FOLLOW))
    return made(g.RollUnfollowed, ROLL_FOLLOW | {"follow_id": begun.event_id}, fields)


# photos

PHOTO: Fields = {"photo_id": DUSK, "owner_id": ADA, "taken_at": TAKEN, "develops_at": MORNING}
IMAGES: Fields = {
    "full": g.Image(key="full of dusk", width=2048, height=1536),
    "feed": g.Image(key="feed of dusk", width=1080, height=810),
    "thumb": g.Image(key="thumb of dusk", width=320, height=240),
}

CARD = g.Card(
    filter_version="7",
    blurhash="blurhash of dusk",
    full_width=2048,
    full_height=1536,
    feed_width=1080,
    feed_height=810,
    thumb_width=320,
    thumb_height=240,
)


def photo_taken(**fields: Any) -> g.PhotoTaken:
    """Ada took the photo of dusk, not for her profile."""
    rule = {"zone": "Europe/Oslo", "rule_version": "1"}
    upload = {"object_key": "upload of dusk", "etag": "etag of dusk", "on_profile": False}
    return made(g.PhotoTaken, PHOTO | rule | upload, fields)


def photo_filtered(**fields: Any) -> g.PhotoFiltered:
    """The film look was applied."""
    about = {name: value for name, value in PHOTO.items() if name != "taken_at"}
    return made(g.PhotoFiltered, about | {"filter_version": "7"} | IMAGES | {"blurhash": "blurhash of dusk"}, fields)


def photo_rejected(**fields: Any) -> g.PhotoRejected:
    """The upload can't become a photo."""
    return made(g.PhotoRejected, PHOTO | {"code": "size", "reason": "It is too large."}, fields)


def photo_developed(**fields: Any) -> g.PhotoDeveloped:
    """The photo may be seen."""
    return made(g.PhotoDeveloped, PHOTO | {"on_profile": False, "card": CARD}, fields)


def photo_deleted(**fields: Any) -> g.PhotoDeleted:
    """Ada deleted the photo."""
    return made(g.PhotoDeleted, PHOTO, fields)


def photo_taken_down(**fields: Any) -> g.PhotoTakenDown:
    """A moderator took the photo down."""
    return made(g.PhotoTakenDown, PHOTO | {"reason": "reported"}, fields)


def photo_added_to_roll(**fields: Any) -> g.PhotoAddedToRoll:
    """The photo was put into the roll of the lake."""
    return made(g.PhotoAddedToRoll, PHOTO | {"roll_id": LAKE}, fields)


def placement(fields: Fields) -> Fields:
    """The photo's placement in the roll, or in the one that is named."""
    return {"roll_id": LAKE, "placement_id": photo_added_to_roll(**shared(fields, "roll_id", *PHOTO)).event_id}


def photo_developed_in_roll(**fields: Any) -> g.PhotoDevelopedInRoll:
    """The photo, which is in the roll, developed."""
    return made(g.PhotoDevelopedInRoll, PHOTO | placement(fields) | {"card": CARD}, fields)


def photo_removed_from_roll(**fields: Any) -> g.PhotoRemovedFromRoll:
    """The photo was taken out of the roll."""
    return made(g.PhotoRemovedFromRoll, PHOTO | placement(fields), fields)


# reactions

LIKE: Fields = {"photo_id": DUSK, "liker_id": BO}
COMMENT: Fields = {"photo_id": DUSK, "author_id": BO}


def photo_liked(**fields: Any) -> g.PhotoLiked:
    """Bo liked the photo."""
    return made(g.PhotoLiked, LIKE, fields)


def photo_unliked(**fields: Any) -> g.PhotoUnliked:
    """Bo took the like back."""
    return made(g.PhotoUnliked, LIKE | {"like_id": photo_liked(**shared(fields, *LIKE)).event_id}, fields)


def comment_posted(**fields: Any) -> g.CommentPosted:
    """Bo wrote about the photo."""
    return made(g.CommentPosted, COMMENT | {"text": "What a light!"}, fields)


def comment_deleted(**fields: Any) -> g.CommentDeleted:
    """Bo deleted the comment."""
    begun = comment_posted(**shared(fields, *COMMENT) | {"occurred_at": fields.get("posted_at", NOON)})
    return made(g.CommentDeleted, COMMENT | {"comment_id": begun.event_id, "posted_at": begun.occurred_at}, fields)
