"""Fills PostgreSQL with what events say, by code that shares nothing with the projections but the events."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from events import generated as g
from events.generated import Event

SCHEMA = Path(__file__).with_name("schema.sql")
IN_ORDER = ("users", "photos", "rolls", "follows", "members", "roll_follows", "placements", "likes", "comments")
Row = dict[str, Any]


async def fill(url: str, events: Sequence[Event]) -> None:
    """Makes the tables, and fills them. Raises ValueError for an event that it doesn't know."""
    tables = rows_of(events)
    avatars = {row["id"]: row.pop("avatar_id") for row in tables["users"] if "avatar_id" in row}
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA.read_text())
        for table in IN_ORDER:
            if rows := tables[table]:
                columns = list(rows[0])
                records = [tuple(row[column] for column in columns) for row in rows]
                await connection.copy_records_to_table(table, records=records, columns=columns)
        await connection.executemany("UPDATE users SET avatar_id = $2 WHERE id = $1", list(avatars.items()))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def rows_of(events: Sequence[Event]) -> dict[str, list[Row]]:
    """Makes each table's rows. Raises ValueError for an event that it doesn't know."""
    tables: dict[str, dict[Any, Row]] = {table: {} for table in IN_ORDER}
    for event in events:
        add(tables, event)
    return {table: list(rows.values()) for table, rows in tables.items()}


def add(tables: dict[str, dict[Any, Row]], event: Event) -> None:
    """Adds what an event says."""
    users, photos, rolls = tables["users"], tables["photos"], tables["rolls"]
    match event:
        case g.UserRegistered():
            users[event.user_id] = {
                "id": event.user_id, "handle": event.handle, "display_name": event.display_name, "bio": "",
                "zone": event.zone, "registered_at": event.occurred_at, "avatar_id": None, "followers": 0,
                "following": 0, "photos": 0, "rolls": 0,
            }  # fmt: skip
        case g.ProfileChanged():
            users[event.user_id] |= {name: getattr(event, name) for name in event.changed}
        case g.UserFollowed():
            tables["follows"][event.follower_id, event.followee_id] = {
                "follower_id": event.follower_id, "followee_id": event.followee_id, "followed_at": event.occurred_at
            }  # fmt: skip
            users[event.follower_id]["following"] += 1
            users[event.followee_id]["followers"] += 1
        case g.RollCreated():
            rolls[event.roll_id] = {
                "id": event.roll_id, "creator_id": event.creator_id, "title": event.title, "theme": event.theme,
                "visibility": event.visibility, "created_at": event.occurred_at, "last_activity": None, "photos": 0,
                "members": 0, "followers": 0, "developing": 0,
            }  # fmt: skip
        case g.MemberJoined():
            tables["members"][event.roll_id, event.member_id] = {
                "roll_id": event.roll_id, "user_id": event.member_id, "role": event.role,
                "joined_at": event.occurred_at,
            }  # fmt: skip
            rolls[event.roll_id]["members"] += 1
            users[event.member_id]["rolls"] += 1
        case g.RollFollowed():
            tables["roll_follows"][event.roll_id, event.follower_id] = {
                "roll_id": event.roll_id, "follower_id": event.follower_id, "followed_at": event.occurred_at
            }  # fmt: skip
            rolls[event.roll_id]["followers"] += 1
        case g.PhotoTaken():
            photos[event.photo_id] = {
                "id": event.photo_id, "owner_id": event.owner_id, "taken_at": event.taken_at,
                "develops_at": event.develops_at, "developed": False, "on_profile": event.on_profile,
                "full_width": None, "full_height": None, "feed_width": None, "feed_height": None,
                "thumb_width": None, "thumb_height": None, "blurhash": None, "likes": 0, "comments": 0,
            }  # fmt: skip
        case g.PhotoFiltered():
            sizes = (("full", event.full), ("feed", event.feed), ("thumb", event.thumb))
            photos[event.photo_id] |= {
                f"{name}_{side}": getattr(image, side) for name, image in sizes for side in ("width", "height")
            } | {"blurhash": event.blurhash}
        case g.PhotoDeveloped():
            photos[event.photo_id]["developed"] = True
            users[event.owner_id]["photos"] += 1
        case g.PhotoAddedToRoll():
            tables["placements"][event.photo_id, event.roll_id] = {
                "roll_id": event.roll_id, "photo_id": event.photo_id, "develops_at": event.develops_at,
                "taken_at": event.taken_at,
            }  # fmt: skip
            roll = rolls[event.roll_id]
            roll["photos"] += 1
            roll["developing"] += 1
            roll["last_activity"] = event.occurred_at
        case g.PhotoDevelopedInRoll():
            rolls[event.roll_id]["developing"] -= 1
        case g.PhotoLiked():
            tables["likes"][event.photo_id, event.liker_id] = {
                "photo_id": event.photo_id, "user_id": event.liker_id, "liked_at": event.occurred_at
            }  # fmt: skip
            photos[event.photo_id]["likes"] += 1
        case g.CommentPosted():
            tables["comments"][event.event_id] = {
                "id": event.event_id, "photo_id": event.photo_id, "author_id": event.author_id, "text": event.text,
                "posted_at": event.occurred_at,
            }  # fmt: skip
            photos[event.photo_id]["comments"] += 1
        case _:
            raise ValueError(f"nothing in PostgreSQL follows from {type(event).__name__}")
