"""Likes and comments. A photo that the one who asks may not know of is None here."""

from collections.abc import Sequence
from uuid import UUID

from events.generated import CommentDeleted, CommentPosted, PhotoLiked, PhotoUnliked
from producers.decide.decision import Act, Decision, already, made
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from projections.tally.tally import Member
from web.problems import Problem, forbidden, not_found


def like(act: Act, photo: Photo | None, live: Sequence[Member]) -> Decision:
    """`live`: this like, if it is so already."""
    known = developed(photo)
    if live:
        return already(live[0].beginning)
    liked = PhotoLiked(**act.begin("PhotoLiked"), photo_id=known.photo_id, liker_id=act.actor)
    return made(liked.event_id, liked)


def unlike(act: Act, photo_id: UUID, live: Sequence[Member]) -> Decision:
    """Ends every live beginning; whether the photo may be seen (still) doesn't matter."""
    if not live:
        raise Problem(404, "You don't like this photo.")
    return made(
        live[0].beginning,
        *(
            PhotoUnliked(
                **act.begin("PhotoUnliked", each.beginning),
                photo_id=photo_id,
                liker_id=act.actor,
                like_id=each.beginning,
            )
            for each in live
        ),
    )


def comment(act: Act, photo: Photo | None, text: str) -> Decision:
    """What somebody writes about a photo."""
    known = developed(photo)
    posted = CommentPosted(**act.begin("CommentPosted"), photo_id=known.photo_id, author_id=act.actor, text=text)
    return made(posted.event_id, posted)


def delete_comment(act: Act, photo: Photo | None, row: Comment | None) -> Decision:
    """Its author may, also when they can't see the photo any more, and who took the photo."""
    if row is None or row.author_id is None or row.deleted:
        raise not_found("comment")
    if photo is None and row.author_id != act.actor:
        raise not_found("comment")
    if act.actor != row.author_id and (photo is None or photo.owner_id != act.actor):
        raise forbidden("Only its author, or who took the photo, may delete a comment.")
    ended = CommentDeleted(
        **act.begin("CommentDeleted"),
        photo_id=row.photo_id,
        author_id=row.author_id,
        comment_id=row.comment_id,
        posted_at=row.posted_at,
    )
    return made(row.comment_id, ended)


def developed(photo: Photo | None) -> Photo:
    """A photo that one may react to. Problem 404, and 409 for one's own that nobody has seen yet, oneself included."""
    if photo is None:
        raise not_found("photo")
    if photo.developing:
        raise Problem(409, "This photo hasn't developed yet.")
    if photo.ended:
        raise Problem(409, "This photo is no longer shown.")
    return photo
