"""Likes and comments."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import CommentDeleted, CommentPosted, PhotoLiked, PhotoUnliked
from producers.decide.decision import Command, Decision, accepted, one_event_each, require_beginnings_left, unchanged
from producers.decide.refusals import Code, Conflict, Forbidden, NotFound, no_such_photo
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.tally.tally import Member


def like(command: Command, photo: Photo | None, likes: Sequence[Member], times: int = 0) -> Decision:
    """Likes a photo. `likes`: one's own of it that stand; `times`: how often one liked it, in all.

    Raises NotFound; Conflict if it isn't shown to anybody; TooMany."""
    photo = shown(photo)
    if likes:
        return unchanged(likes[0].beginning)
    require_beginnings_left(times, "liked this photo")
    liked = PhotoLiked(**command.metadata("PhotoLiked"), photo_id=photo.photo_id, liker_id=command.actor)
    return accepted(liked.event_id, liked)


def unlike(command: Command, photo_id: UUID, likes: Sequence[Member]) -> Decision:
    """Ends every like of one's own, whether or not the photo may (still) be seen. Raises NotFound without any."""
    if not likes:
        raise NotFound(Code.PHOTO_NOT_LIKED, "You don't like this photo.")
    return one_event_each(
        [row.beginning for row in likes],
        lambda like_id: PhotoUnliked(
            **command.metadata("PhotoUnliked", like_id), photo_id=photo_id, liker_id=command.actor, like_id=like_id
        ),
    )


def comment(command: Command, photo: Photo | None, text: str) -> Decision:
    """Comments on a photo. Raises NotFound; Conflict if it isn't shown to anybody."""
    photo_id = shown(photo).photo_id
    metadata = command.metadata("CommentPosted")
    posted = CommentPosted(**metadata, photo_id=photo_id, author_id=command.actor, text=text)
    return accepted(posted.event_id, posted)


def delete_comment(command: Command, photo: Photo | None, row: Comment | None) -> Decision:
    """Deletes a comment: for its author, also when they can't see the photo any more, and for who took the photo.

    Raises NotFound; Forbidden for others who see the photo."""
    if row is None or row.author_id is None or row.deleted:
        raise no_such_comment()
    if photo is None and row.author_id != command.actor:
        raise no_such_comment()
    if command.actor != row.author_id and (photo is None or photo.owner_id != command.actor):
        detail = "Only its author, or who took the photo, may delete a comment."
        raise Forbidden(Code.COMMENT_DELETION_FORBIDDEN, detail)
    deleted = CommentDeleted(
        **command.metadata("CommentDeleted"),
        photo_id=row.photo_id,
        author_id=row.author_id,
        comment_id=row.comment_id,
        posted_at=row.posted_at,
    )
    return accepted(row.comment_id, deleted)


def no_such_comment() -> NotFound:
    """Returns the refusal for a comment that isn't there, or is on a photo that the one who asks may not see."""
    return NotFound(Code.COMMENT_NOT_FOUND, "There is no such comment.")


def shown(photo: Photo | None) -> Photo:
    """Returns a photo that one may react to.

    Raises NotFound; Conflict for one's own that is developing, which oneself hasn't seen either, or has ended."""
    if photo is None:
        raise no_such_photo()
    if photo.developing:
        raise Conflict(Code.PHOTO_NOT_DEVELOPED, "This photo hasn't developed yet.")
    if photo.ended:
        raise Conflict(Code.PHOTO_NOT_SHOWN, "This photo is no longer shown.")
    return photo
