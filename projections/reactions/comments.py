"""comments: what people wrote about a photo, newest first; and how many comments it has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.generated import CommentDeleted, CommentPosted
from projections.buckets import entity_of, hour_of, newest_rows, place_of
from projections.projection import projection
from projections.store.protocol import Store
from projections.store.table import Table, Upsert
from projections.tally.queries import live_shards
from projections.tally.tally import Begin, Change, End, tally


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, deleted or not; a deleted one has no text, and without its CommentPosted no `author_id`."""

    place: str
    posted_at: datetime
    comment_id: UUID
    author_id: UUID | None = None
    text: str | None = None
    deleted: bool | None = None

    @property
    def photo_id(self) -> UUID:
        """The photo that it is about."""
        return entity_of(self.place)


@dataclass(frozen=True, slots=True)
class CommentHour:
    """An hour in which a photo was commented on."""

    photo_id: UUID
    bucket: str


COMMENTS = Table("comments", Comment, partition=1, clustering=2, descending=True)
COMMENTS_BUCKETS = Table("comments_buckets", CommentHour, partition=1, clustering=1, descending=True)


@projection(COMMENTS, COMMENTS_BUCKETS)
def comments(event: CommentPosted | CommentDeleted) -> list[Upsert]:
    match event:
        case CommentPosted():
            bucket = hour_of(event.occurred_at)
            return [
                COMMENTS.upsert(
                    place=place_of(event.photo_id, bucket),
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
                    place=place_of(event.photo_id, hour_of(event.posted_at)),
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


async def comments_on(store: Store, photo_id: UUID, after: tuple[Any, ...] = (), size: int = 50) -> list[Comment]:
    """The newest `size` comments on a photo, deleted ones too, past the key `after`.

    Fewer than `size` means that there are no more. Two requests (`newest_rows`). Raises StoreUnavailable."""
    return await newest_rows(
        store, photo_id, index=COMMENTS_BUCKETS, table=COMMENTS, after=after, bucket_of=hour_of, size=size
    )


async def comment_on(store: Store, photo_id: UUID, comment_id: UUID) -> Comment | None:
    """A comment that wasn't deleted. Its shard follows from its author, who isn't given: all that have any are read."""
    shards = [(photo_id, shard) for shard in await live_shards(store, commented, photo_id)]
    found = await store.pick_many(commented.members, shards, [comment_id])
    for row in (row for row in found if row.live):
        return await store.get(COMMENTS, place_of(photo_id, hour_of(row.begun)), row.begun, comment_id)
    return None
