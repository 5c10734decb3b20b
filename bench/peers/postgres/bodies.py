"""Makes response bodies of PostgreSQL's rows, in the shapes of Darkroom's API."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.image_urls import ImageUrls
from bench.harness.api_data import FILTER_VERSION
from events.image_keys import SIZES, image_key

Body = dict[str, Any]


class Bodies:
    """Bodies of one response, and whom and what they name: `people` and `rolls`, by id."""

    def __init__(self, images: ImageUrls):
        self._images, self._now = images, datetime.now(UTC)
        self.people: dict[str, Body] = {}
        self.rolls: dict[str, Body] = {}

    def photo(self, row: Any) -> Body:
        """A photo."""
        rolls: list[str] = []
        for roll_id, title, visibility in row["rolls"] or ():
            key = str(roll_id)
            rolls.append(key)
            if key not in self.rolls:
                self.rolls[key] = {"title": title, "visibility": visibility}
        return {
            "id": str(row["id"]),
            "owner": self._person(row["owner_id"], row),
            "taken_at": row["taken_at"],
            "state": "developed",
            "develops_at": row["develops_at"],
            "images": {
                size: self._image(row["id"], size, row[f"{size}_width"], row[f"{size}_height"]) for size in SIZES
            },
            "blurhash": row["blurhash"],
            "rolls": rolls,
            "counts": {"likes": row["likes"], "comments": row["comments"]},
            "viewer": {"liked": row["liked"]},
        }

    def roll(self, row: Any) -> Body:
        """A roll."""
        cover = row["cover_id"]
        return {
            "id": str(row["id"]),
            "title": row["title"],
            "theme": row["theme"],
            "visibility": row["visibility"],
            "owner": self._person(row["creator_id"], row),
            "cover": self._image(cover, "feed", row["cover_width"], row["cover_height"]) if cover else None,
            "thumbs": [self._image(photo, "thumb", width, height) for photo, width, height in row["thumbs"] or ()],
            "created_at": row["created_at"],
            "last_activity": row["last_activity"],
            "counts": {name: row[name] for name in ("photos", "members", "followers", "developing")},
            "viewer": {"role": row["role"], "following": row["following"]},
        }

    def user(self, row: Any) -> Body:
        """A person."""
        return {
            "id": str(row["id"]),
            "handle": row["handle"],
            "display_name": row["display_name"],
            "avatar": self._avatar(row),
            "counts": {name: row[name] for name in ("followers", "following", "photos", "rolls")},
            "viewer": {"following": row["followed"], "followed_by": row["follows"], "blocked": False},
        }

    def member(self, row: Any) -> Body:
        """A member of a roll."""
        return self.user(row) | {"role": row["role"], "joined_at": row["joined_at"]}

    def comment(self, row: Any) -> Body:
        """A comment."""
        return {
            "id": str(row["id"]),
            "photo": str(row["photo_id"]),
            "author": self._person(row["author_id"], row),
            "text": row["text"],
            "posted_at": row["posted_at"],
        }

    def _person(self, user_id: UUID, row: Any) -> str:
        key = str(user_id)
        if key not in self.people:
            self.people[key] = {
                "handle": row["handle"],
                "display_name": row["display_name"],
                "avatar": self._avatar(row),
            }
        return key

    def _avatar(self, row: Any) -> Body | None:
        avatar = row["avatar_id"]
        return self._image(avatar, "thumb", row["avatar_width"], row["avatar_height"]) if avatar else None

    def _image(self, photo: UUID, size: str, width: int, height: int) -> Body:
        url = self._images.url(image_key(photo, FILTER_VERSION, size), self._now)
        return {"url": url, "width": width, "height": height}
