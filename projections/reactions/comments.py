"""comments: what people wrote about a photo, newest first; and how many comments it has."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import CommentDeleted, CommentPosted
from events.topics import TOPICS
from projections.buckets import month_of, newest_rows
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert
from projections.tally.tally import Begin, Change, End, Member, tally


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, deleted or not; a deleted one has no text, and without its CommentPosted no `author_id`."""

    photo_id: UUID
    bucket: str
    posted_at: datetime
    comment_id: UUID
    author_id: UUID | None = None
    text: str | None = None
    deleted: bool | None = None


@dataclass(frozen=True, slots=True)
class CommentMonth:
    """A month in which a photo was commented on."""

    photo_id: UUID
    bucket: str


COMMENTS = Table("comments", Comment, partition=2, clustering=2, descending=True)
COMMENTS_BUCKETS = Table("comments_buckets", CommentMonth, partition=1, clustering=1, descending=True)


@projection(COMMENTS, COMMENTS_BUCKETS)
def comments(event: CommentPosted | CommentDeleted) -> list[Upsert]:
    match event:
        case CommentPosted():
            bucket = month_of(event.occurred_at)
            return [
                COMMENTS.upsert(
                    photo_id=event.photo_id,
                    bucket=bucket,
                    posted_at=event.occurred_at,
                    comment_id=event.event_id,
                    author_id=event.author_id,
                    text=event.text,
                ),
                COMMENTS_BUCKETS.upsert(photo_id=event.photo_id, bucket=bucket),
            ]
        case CommentDeleted():
            return [
                COMMENTS.upsert(
                    photo_id=event.photo_id,
                    bucket=month_of(event.posted_at),
                    posted_at=event.posted_at,
                    comment_id=event.comment_id,
                    text="",
                    deleted=True,
                )
            ]


@tally(keyed_by="other", listed=False)
def commented(event: CommentPosted | CommentDeleted) -> list[Change]:
    match event:
        case CommentPosted():
            return [Begin.of(event, entity=event.photo_id, member=event.event_id)]
        case CommentDeleted():
            return [End(entity=event.photo_id, member=event.comment_id, beginning=event.comment_id)]


async def comments_on(
    store: Store, photo_id: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Comment]:
    """The comments on a photo that weren't deleted, newest first, past `after`."""
    rows = newest_rows(
        store, photo_id, index=COMMENTS_BUCKETS, table=COMMENTS, after=after, bucket_of=month_of, size=size
    )
    async for row in rows:
        if not row.deleted:
            yield row


async def comment_on(store: Store, photo_id: UUID, comment_id: UUID) -> Comment | None:
    """A comment that wasn't deleted. Its shard follows from its author, who isn't given: all are read at once."""
    shards = [(photo_id, shard) for shard in range(TOPICS[commented.topics[0]].partitions)]
    rows: list[Member] = await store.pick_many(commented.members, shards, [comment_id])
    for row in (row for row in rows if row.live):
        return await store.get(COMMENTS, photo_id, month_of(row.begun), row.begun, comment_id)
    return None
