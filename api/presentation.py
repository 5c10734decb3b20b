"""Presents rows as response bodies (docs/design.md, section 7); api/responses.py documents their shapes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from events.ids import NIL
from projections.accounts.users import User
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.rolls.roll import Roll
from projections.tally.counts import Counts
from projections.tally.tally import Member

Body = dict[str, Any]
DEVELOPING, DEVELOPED, REJECTED = "developing", "developed", "rejected"

# The API's word for a size, and the tally that counts it.
PHOTO_COUNTS = {"likes": "likers", "comments": "commented"}
USER_COUNTS = {
    "followers": "followers",
    "following": "following",
    "photos": "developed_of_user",
    "rolls": "rolls_of_user",
}
ROLL_COUNTS = {
    "photos": "photos_in_roll",
    "members": "members",
    "followers": "roll_followers",
    "developing": "developing_in_roll",
}


def time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, in milliseconds: what columns keep."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def name(identity: UUID | None) -> str | None:
    """An id as text."""
    return None if identity in (None, NIL) else str(identity)


def sizes(counts: Counts, names: Mapping[str, str]) -> dict[str, int]:
    """Counts under the API's names; `names` maps each to its tally's."""
    return {name: counts[tally] for name, tally in names.items()}


def state_of(row: Photo) -> str:
    """What has become of a photo so far."""
    if row.rejected_reason:
        return REJECTED
    return DEVELOPED if row.developed else DEVELOPING


def photo(row: Photo, images: Mapping[str, Any] | None, rolls: Sequence[UUID], counts: Counts, viewer: Any) -> Body:
    """A photo. `images` is None, and so is the blurhash, until it has developed; `rolls` are those the viewer sees.

    `viewer`, here and below: see `photo_viewer`."""
    body: Body = {
        "id": str(row.photo_id),
        "owner": name(row.owner_id),
        "taken_at": time(row.taken_at),
        "state": state_of(row),
        "develops_at": time(row.develops_at),
        "images": images,
        "blurhash": row.card.blurhash if images and row.card else None,
        "rolls": [str(roll_id) for roll_id in rolls],
        "counts": sizes(counts, PHOTO_COUNTS),
        "viewer": viewer,
    }
    if row.rejected_reason:
        body["rejected_reason"] = row.rejected_reason
    return body


def photo_viewer(liked: bool) -> Body:
    """What the viewer has to do with a photo."""
    return {"liked": liked}


def user(row: User, avatar: Any, counts: Counts, viewer: Any) -> Body:
    """A person."""
    return {
        "id": str(row.user_id),
        "handle": row.handle,
        "display_name": row.display_name or "",
        "avatar": avatar,
        "counts": sizes(counts, USER_COUNTS),
        "viewer": viewer,
    }


def user_viewer(following: bool, followed_by: bool) -> Body:
    """What the viewer has to do with a person. `blocked` is always false: blocks are not built yet."""
    return {"following": following, "followed_by": followed_by, "blocked": False}


def member(body: Body, row: Member) -> Body:
    """A person as a member of a roll."""
    return body | {"role": row.role or "member", "joined_at": time(row.begun)}


def roll(row: Roll, cover: Any, thumbs: Sequence[Any], counts: Counts, viewer: Any) -> Body:
    """A roll. Its last activity is when a photo was last put in, a developing one too."""
    return {
        "id": str(row.roll_id),
        "title": row.title,
        "theme": row.theme,
        "visibility": row.visibility,
        "owner": name(row.creator_id),
        "cover": cover,
        "thumbs": thumbs,
        "created_at": time(row.created_at),
        "last_activity": time(counts.latest.get("photos_in_roll")),
        "counts": sizes(counts, ROLL_COUNTS),
        "viewer": viewer,
    }


def roll_viewer(role: str | None, following: bool) -> Body:
    """What the viewer has to do with a roll."""
    return {"role": role, "following": following}


def developing(count: int, ready_at: datetime | None) -> Body:
    """How many photos are developing, and when the next of them will have; None if none is waiting for its time."""
    return {"count": count, "ready_at": time(ready_at) if count else None}


def named_user(row: User, avatar: Any) -> Body:
    """A person whom an answer names."""
    return {"handle": row.handle, "display_name": row.display_name or "", "avatar": avatar}


def named_roll(row: Roll) -> Body:
    """A roll that an answer names."""
    return {"title": row.title, "visibility": row.visibility}


def comment(row: Comment) -> Body:
    """What somebody wrote about a photo."""
    return {
        "id": str(row.comment_id),
        "photo": str(row.photo_id),
        "author": name(row.author_id),
        "text": row.text or "",
        "posted_at": time(row.posted_at),
    }
