"""Serves the reference of `api`: one route, the same reads as ours for a page of a roll's photos, and nothing else.

No router, no rules of who may see what, no metrics: the driver, JSON, and an ASGI app. As ours, it reads five
candidates more than it shows, and one to know whether there are more.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from api.image_urls import ImageUrls
from events.ids import NIL
from events.settings import Settings
from events.topics import even
from projections.photos.photo import PHOTO, Photo
from projections.reactions.liked_by import liked_by
from projections.store.cassandra import connect
from projections.store.roles import API
from web.tokens import read_token

LIMIT, READ = 30, 36
TIMES = "%Y-%m-%dT%H:%M:%S.000Z"
QUERIES = {
    "buckets": f"SELECT bucket FROM {{}}.roll_feed_buckets_1 WHERE roll_id = ? AND (bucket) <= (?) LIMIT {READ + 1}",
    "feed": "SELECT photo_id, owner_id, ended FROM {}.roll_feed_1 WHERE place IN ? AND (develops_at) <= (?)"
    " ORDER BY develops_at DESC, taken_at DESC, photo_id DESC, placement_id DESC"
    f" PER PARTITION LIMIT {READ} LIMIT {READ}",
    "users": "SELECT user_id, handle, display_name, avatar_id FROM {}.users_1 WHERE user_id IN ?",
    "photos": f"SELECT {', '.join(PHOTO.columns)} FROM {{}}.photo_1 WHERE photo_id IN ?",
    "counts": "SELECT entity, kind, total FROM {}.counts_1 WHERE entity IN ?",
    "liked": "SELECT member, within FROM {}.liked_by_1 WHERE entity = ? AND shard IN ? AND beginning IN ?",
    "rolls": "SELECT roll_id, title, visibility FROM {}.roll_1 WHERE roll_id IN ?",
    "roles": "SELECT member, within FROM {}.rolls_of_user_1 WHERE entity = ? AND shard = ? AND beginning IN ?",
}


class ReferenceApi:
    """The reference's state and reads."""

    def __init__(self) -> None:
        self.settings = settings = Settings()
        self.images = ImageUrls(settings)
        self.partitioning = even(settings.partitions)
        self.session = connect(settings, API, settings.api_password)
        self.statements = {name: self.session.prepare(cql.format(settings.keyspace)) for name, cql in QUERIES.items()}

    def query(self, name: str, *values: Any) -> "asyncio.Future[list[tuple[Any, ...]]]":
        """Runs one query."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[tuple[Any, ...]]] = loop.create_future()
        self.session.execute_async(self.statements[name], values).add_callbacks(
            lambda rows: loop.call_soon_threadsafe(future.set_result, rows),
            lambda error: loop.call_soon_threadsafe(future.set_exception, error),
        )
        return future

    async def page(self, roll: UUID, viewer: UUID) -> bytes:
        """Reads a roll's latest developed photos, as our API gives them."""
        now = datetime.now(UTC)
        buckets = await self.query("buckets", roll, now.strftime("%Y-%m-%d"))
        feed = await self.query("feed", [f"{roll}/{bucket}" for (bucket,) in buckets], now)
        found = {photo: owner for photo, owner, ended in feed[: READ - 1] if not ended}
        people = {row[0]: row for row in await self.query("users", list(set(found.values())))}
        portraits = {avatar for *_, avatar in people.values() if avatar not in (None, NIL)}
        photos: dict[UUID, Photo] = {}
        rolls_of: dict[UUID, list[UUID]] = {}
        for values in await self.query("photos", list({*found, *portraits})):
            row = PHOTO.row(*values)
            if row.roll_id == NIL:
                photos[row.photo_id] = row
            elif row.placed and not row.unplaced:
                rolls_of.setdefault(row.photo_id, []).append(row.roll_id)
        held = {roll, *(each for photo in found for each in rolls_of.get(photo, ()))}
        reactions, rolls_of_viewer = self.partitioning.of("reactions", viewer), self.partitioning.of("rolls", viewer)
        counts, liked, rolls, _ = await asyncio.gather(
            self.query("counts", list(found)),
            self.query("liked", viewer, {liked_by.shard(reactions, photo) for photo in found}, list(found)),
            self.query("rolls", list(held)),
            self.query("roles", viewer, rolls_of_viewer, list(held)),
        )
        totals: dict[tuple[UUID, str], int] = {}
        for entity, kind, total in counts:
            totals[entity, kind] = totals.get((entity, kind), 0) + total
        likes = {photo for photo, within in liked if within}
        shown = list(found)[:LIMIT]
        body = {
            "items": [self.photo(photos[each], sorted(rolls_of[each]), totals, each in likes, now) for each in shown],
            "next": "more" if len(feed) > LIMIT else None,
            "people": self.people(people.values(), photos, now),
            "rolls": {str(roll_id): {"title": title, "visibility": seen} for roll_id, title, seen in rolls},
        }
        return orjson.dumps(body)

    def photo(
        self, row: Photo, rolls: list[UUID], totals: dict[tuple[UUID, str], int], liked: bool, now: datetime
    ) -> dict[str, Any]:
        """Shows one photo of the page."""
        assert row.taken_at is not None
        assert row.develops_at is not None
        assert row.card is not None
        return {
            "id": str(row.photo_id),
            "owner": str(row.owner_id),
            "taken_at": row.taken_at.strftime(TIMES),
            "state": "developed",
            "develops_at": row.develops_at.strftime(TIMES),
            "images": self.images.of(row.photo_id, row.card, now),
            "blurhash": row.card.blurhash,
            "rolls": [str(each) for each in rolls],
            "counts": {
                "likes": totals.get((row.photo_id, "likers"), 0),
                "comments": totals.get((row.photo_id, "commented"), 0),
            },
            "viewer": {"liked": liked},
        }

    def people(
        self, rows: Collection[tuple[Any, ...]], photos: dict[UUID, Photo], now: datetime
    ) -> dict[str, dict[str, Any]]:
        """Shows whom the page names."""
        cards = {photo_id: row.card for photo_id, row in photos.items()}
        return {
            str(user_id): {
                "handle": handle,
                "display_name": display_name,
                "avatar": self.images.size(avatar, card, "thumb", now) if (card := cards.get(avatar)) else None,
            }
            for user_id, handle, display_name, avatar in rows
        }


reference: list[ReferenceApi] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serves ASGI."""
    if scope["type"] == "lifespan":
        await receive()
        reference.append(ReferenceApi())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    body = b"{}"
    if scope["path"] != "/readyz":
        body = await reference[0].page(UUID(scope["path"].split("/")[3]), viewer_of(scope))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def viewer_of(scope: dict[str, Any]) -> UUID:
    """The person whose token comes with a request: whose likes are read."""
    bearer = next(value for name, value in scope["headers"] if name == b"authorization")
    return read_token(reference[0].settings, bearer.decode().removeprefix("Bearer "))
