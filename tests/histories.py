"""Random histories of a very small world, in which everything happens to the same few people, rolls and photos.

An event's id follows from what it is about and a small number, so that histories hold duplicates, undos of other
beginnings, undos before their beginnings and beginnings that were ended already.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hypothesis import strategies as st

from events import generated as g
from events.generated import EVENTS, Event
from events.schema import all_schemas

START = datetime(2026, 6, 19, 12, tzinfo=UTC)
USERS = [uuid5(NAMESPACE_URL, f"user {n}") for n in range(4)]
ROLLS = [uuid5(NAMESPACE_URL, f"roll {n}") for n in range(2)]
PHOTOS = [uuid5(NAMESPACE_URL, f"photo {n}") for n in range(3)]
BEGINS = {
    "follow_id": g.UserFollowed,
    "membership_id": g.MemberJoined,
    "placement_id": g.PhotoAddedToRoll,
    "like_id": g.PhotoLiked,
    "comment_id": g.CommentPosted,
}
TEXTS = {"role": ("member", "owner"), "visibility": ("public", "private"), "zone": ("Europe/Oslo", "Pacific/Apia")}


def event_id(kind: type[Event], about: dict[str, Any], n: int) -> UUID:
    """The id of the nth event of a kind about the same things."""
    ids = sorted(str(value) for name, value in about.items() if name.endswith("_id") and isinstance(value, UUID))
    return uuid5(NAMESPACE_URL, f"{kind.__name__} {ids} {n}")


def moment(identity: UUID) -> datetime:
    """When an event occurred: it follows from its id, as a duplicate's does."""
    return START + timedelta(seconds=identity.int % 500_000, milliseconds=identity.int % 1000)


@st.composite
def an_event(draw: Callable[..., Any], kind: type[Event]) -> Event:
    """Any event of a kind, about the small world."""
    schema = next(schema for name, schema in all_schemas().items() if EVENTS[name] is kind)
    fields = [field["name"] for field in schema.avro["fields"]]
    n = draw(st.integers(0, 1))
    values: dict[str, Any] = {}
    for name in fields:
        if name in ("user_id", "follower_id", "followee_id", "member_id", "liker_id", "author_id"):
            values[name] = draw(st.sampled_from(USERS))
        elif name == "roll_id":
            values[name] = draw(st.sampled_from(ROLLS))
        elif name == "photo_id":
            values[name] = draw(st.sampled_from(PHOTOS))
    if "creator_id" in fields:
        values["creator_id"] = USERS[ROLLS.index(values["roll_id"])]
    if "owner_id" in fields:
        values["owner_id"] = USERS[PHOTOS.index(values["photo_id"])]
    about = dict(values)
    identity = event_id(kind, about, n)
    for name in fields:
        if name in values:
            continue
        if name in BEGINS:
            begin = BEGINS[name]
            keys = {key: value for key, value in about.items() if key in begin.__dataclass_fields__}
            values[name] = event_id(begin, keys, draw(st.integers(0, 1)))
        else:
            values[name] = plain(name, identity, values, draw)
    if "posted_at" in fields:
        values["posted_at"] = moment(values["comment_id"])
    return kind(**values)


def plain(name: str, identity: UUID, values: dict[str, Any], draw: Callable[..., Any]) -> Any:
    """A field that names nothing; it follows from the event's id, so that a duplicate is one to the letter."""
    number = identity.int
    match name:
        case "event_id":
            return identity
        case "occurred_at" | "posted_at":
            return moment(identity)
        case "actor_id":
            return USERS[0]
        case "taken_at":
            return START + timedelta(minutes=PHOTOS.index(values["photo_id"]))
        case "develops_at":
            return START + timedelta(hours=18 + 24 * (PHOTOS.index(values["photo_id"]) % 2))
        case "changed":
            return ("display_name", "bio") if "user_id" in values else ("title", "cover_id")
        case "cover_id" | "avatar_id":
            return PHOTOS[number % 3] if number % 2 else None
        case "on_profile":
            return bool(number % 2)
        case "full" | "feed" | "thumb":
            return g.Image(key=f"{name}-{number % 3}", width=3, height=2)
        case "handle_hmac" | "old_handle_hmac":
            return f"hmac-{(number + (name[0] == 'o')) % 3}"
        case _:
            choices = TEXTS.get(name, (f"{name} a", f"{name} b", f"{name} c"))
            return choices[number % len(choices)]


def histories(topic: str, most: int = 24) -> st.SearchStrategy[list[Event]]:
    """Lists of a topic's events."""
    kinds = [EVENTS[name] for name, schema in all_schemas().items() if schema.topic == topic]
    return st.lists(st.sampled_from(kinds).flatmap(an_event), min_size=1, max_size=most)
