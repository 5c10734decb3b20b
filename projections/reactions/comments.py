"""comments: what people wrote about a photo, newest first; and how many comments stand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import CommentDeleted, CommentPosted
from projections.buckets import month_of, newest_first
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert
from projections.tally.tally import Begin, Change, End, tally


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, deleted or not; a deleted one has no text. `author_id` is None where only its end is known."""

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


COMMENTS = Table("comments", Comment, 2, 2, descending=True)
COMMENTS_BUCKETS = Table("comments_buckets", CommentMonth, 1, 1, descending=True)


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


@tally("comments", keyed_by="other", listed=False)
def commented(event: CommentPosted | CommentDeleted) -> list[Change]:
    match event:
        case CommentPosted():
            return [Begin(event.photo_id, event.event_id, event.event_id, event.occurred_at)]
        case CommentDeleted():
            return [End(event.photo_id, event.comment_id, event.comment_id)]


async def comments_on(
    store: Store, photo_id: UUID, after: tuple[Any, ...] = (), size: int = 50
) -> AsyncIterator[Comment]:
    """The comments that stand, newest first, past `after`."""
    rows = newest_first(store, COMMENTS_BUCKETS, COMMENTS, photo_id, after=after, bucket_of=month_of, size=size)
    async for row in rows:
        if row.author_id is not None and not row.deleted:
            yield row
