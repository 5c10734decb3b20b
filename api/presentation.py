"""The shapes of answers (DESIGN.md, section 7), from rows; api/responses.py documents them."""

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

Shown = dict[str, Any]
DEVELOPING, DEVELOPED, REJECTED = "developing", "developed", "rejected"


def time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, in milliseconds: what columns keep."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def name(identity: UUID | None) -> str | None:
    """An id as text."""
    return None if identity in (None, NIL) else str(identity)


def state_of(row: Photo) -> str:
    """What has become of a photo so far."""
    if row.rejected_reason:
        return REJECTED
    return DEVELOPED if row.developed else DEVELOPING


def photo(row: Photo, images: Mapping[str, Any] | None, rolls: Sequence[UUID], counts: Counts, liked: bool) -> Shown:
    """A photo. `images` is None, and so is the blurhash, until it has developed; `rolls` are those the viewer sees."""
    shown: Shown = {
        "id": str(row.photo_id),
        "owner": name(row.owner_id),
        "taken_at": time(row.taken_at),
        "state": state_of(row),
        "develops_at": time(row.develops_at),
        "images": images,
        "blurhash": row.blurhash if images else None,
        "rolls": [str(roll_id) for roll_id in rolls],
        "counts": {"likes": counts["likes"], "comments": counts["comments"]},
        "viewer": {"liked": liked},
    }
    if row.rejected_reason:
        shown["rejected_reason"] = row.rejected_reason
    return shown


def user(row: User, avatar: Any, counts: Counts, we_follow: bool, follows_us: bool) -> Shown:
    """A person. Blocks come with their own issue."""
    return {
        "id": str(row.user_id),
        "handle": row.handle,
        "display_name": row.display_name or "",
        "avatar": avatar,
        "counts": {kind: counts[kind] for kind in ("followers", "following", "photos", "rolls")},
        "viewer": {"following": we_follow, "followed_by": follows_us, "blocked": False},
    }


def member(shown: Shown, row: Member) -> Shown:
    """A person as a member of a roll."""
    return shown | {"role": row.role or "member", "joined_at": time(row.begun)}


def roll(row: Roll, cover: Any, counts: Counts, role: str | None, following: bool) -> Shown:
    """A roll. Its last activity is when a photo was last put in, a developing one too."""
    return {
        "id": str(row.roll_id),
        "title": row.title,
        "theme": row.theme,
        "visibility": row.visibility,
        "owner": name(row.creator_id),
        "cover": cover,
        "last_activity": time(counts.latest.get("photos_in_roll")),
        "counts": {
            "photos": counts["photos_in_roll"],
            "members": counts["members"],
            "followers": counts["roll_followers"],
            "developing": counts["developing"],
        },
        "viewer": {"role": role, "following": following},
    }


def comment(row: Comment) -> Shown:
    """What somebody wrote about a photo."""
    return {
        "id": str(row.comment_id),
        "photo": str(row.photo_id),
        "author": name(row.author_id),
        "text": row.text or "",
        "posted_at": time(row.posted_at),
    }
