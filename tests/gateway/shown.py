"""Photos and comments that are there before a test begins."""

from datetime import timedelta
from uuid import UUID

from events.generated import CommentPosted, Event, PhotoAddedToRoll, PhotoDeveloped, PhotoTaken
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, begin, one
from tests.given import CARD

PHOTO, SECRET = one("photo"), one("secret photo")


def taken(photo: UUID, owner: UUID = ADA, *, on_profile: bool = True, developed: bool = True) -> list[Event]:
    """A photo, developed or not."""
    at = NOW - timedelta(days=2)
    event = PhotoTaken(
        **begin(f"{photo} taken", owner, at),
        photo_id=photo,
        owner_id=owner,
        taken_at=at,
        develops_at=at + timedelta(hours=12),
        zone="Europe/Berlin",
        rule_version="test",
        object_key="uploads/a/b",
        etag="e",
        on_profile=on_profile,
    )
    fields = {name: getattr(event, name) for name in ("photo_id", "owner_id", "taken_at", "develops_at")}
    return (
        [event, PhotoDeveloped(**begin(f"{photo} developed", owner, at), **fields, card=CARD)] if developed else [event]
    )


def placed(photo: UUID, roll: UUID, owner: UUID = ADA) -> PhotoAddedToRoll:
    """A photo in a roll."""
    at = NOW - timedelta(days=2)
    return PhotoAddedToRoll(
        **begin(f"{photo} in {roll}", owner, at),
        photo_id=photo,
        owner_id=owner,
        roll_id=roll,
        taken_at=at,
        develops_at=at + timedelta(hours=12),
    )


def commented(photo: UUID, author: UUID) -> CommentPosted:
    """A comment."""
    return CommentPosted(
        **begin(f"{author} on {photo}", author, NOW), photo_id=photo, author_id=author, text="What light!"
    )
