"""Serves the reference of `api`: one route, the same reads as ours for a page of a roll's feed, and nothing else.

No router, no identity, no rules of who may see what, no metrics: the driver, JSON, and an ASGI app.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.image_urls import ImageUrls
from events.ids import NIL
from events.settings import Settings
from events.topics import partition_of
from projections.photos.photo import PHOTO
from projections.store.cassandra import connect
from projections.store.roles import API

LIMIT = 30
TIMES = "%Y-%m-%dT%H:%M:%S.000Z"
QUERIES = {
    "roll": "SELECT * FROM {}.roll_1 WHERE roll_id = ?",
    "buckets": "SELECT bucket FROM {}.roll_feed_buckets_1 WHERE roll_id = ? AND (bucket) <= (?) LIMIT 100",
    "feed": "SELECT photo_id, owner_id, ended FROM {}.roll_feed_1 WHERE roll_id = ? AND bucket = ?"
    " AND (develops_at) <= (?) LIMIT ?",
    "photo": f"SELECT {', '.join(PHOTO.columns)} FROM {{}}.photo_1 WHERE photo_id = ?",
    "rolls": "SELECT roll_id, begun, ended FROM {}.rolls_of_photo_1 WHERE photo_id = ? LIMIT 1000",
    "user": "SELECT * FROM {}.users_1 WHERE user_id = ?",
    "counts": "SELECT kind, total FROM {}.counts_1 WHERE entity = ? LIMIT 1000",
    "likes": "SELECT begun, ended FROM {}.likers_1 WHERE entity = ? AND shard = ? AND member IN ?",
}


class ReferenceApi:
    """The reference's state and reads."""

    def __init__(self) -> None:
        settings = Settings()
        self.images = ImageUrls(settings)
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
        _, buckets = await asyncio.gather(
            self.query("roll", roll), self.query("buckets", roll, now.strftime("%Y-%m-%d"))
        )
        found: list[tuple[Any, ...]] = []
        for (bucket,) in buckets:
            found += await self.query("feed", roll, bucket, now, LIMIT + 1)
            if len(found) > LIMIT:
                break
        people: dict[UUID, asyncio.Future[Any]] = {}
        items = await asyncio.gather(*(self.photo(row[0], row[1], viewer, people, now) for row in found[:LIMIT]))
        return json.dumps({"items": items, "next": "more"}, separators=(",", ":")).encode()

    async def photo(
        self, photo_id: UUID, owner: UUID, viewer: UUID, people: dict[UUID, "asyncio.Future[Any]"], now: datetime
    ) -> dict[str, Any]:
        """Reads one photo of the page."""
        if owner not in people:
            people[owner] = self.query("user", owner)
        [row], rolls, counts, likes, _ = await asyncio.gather(
            self.query("photo", photo_id),
            self.query("rolls", photo_id),
            self.query("counts", photo_id),
            self.query("likes", photo_id, partition_of("reactions", viewer), [viewer]),
            people[owner],
        )
        photo = PHOTO.row(*row)
        totals: dict[str, int] = {}
        for kind, total in counts:
            totals[kind] = totals.get(kind, 0) + total
        return {
            "id": str(photo_id),
            "owner": str(owner),
            "taken_at": photo.taken_at.strftime(TIMES),
            "state": "developed",
            "develops_at": photo.develops_at.strftime(TIMES),
            "images": self.images.of(photo, now),
            "blurhash": photo.blurhash,
            "rolls": [str(held) for held, begun, ended in rolls if begun and not ended],
            "counts": {"likes": totals.get("likers", 0), "comments": totals.get("commented", 0)},
            "viewer": {"liked": any(begun and not ended for begun, ended in likes)},
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
        body = await reference[0].page(UUID(scope["path"].split("/")[3]), NIL)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
