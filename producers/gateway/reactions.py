"""Likes and comments."""

import asyncio

from starlette.responses import Response

from producers.decide import reactions
from producers.decide.decision import Command, Decision
from producers.gateway.bodies import NewComment
from producers.gateway.paths import CommentId, PhotoId
from producers.gateway.write import Write
from projections.reactions.comments import comment_on
from projections.reactions.likers import likers
from projections.tally.queries import belonging, live_beginnings
from projections.visibility import VisibleRows


async def like(photo_id: PhotoId, write: Write) -> Response:
    """Likes a photo."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        photo, likes = await asyncio.gather(
            visible.photo(photo_id),
            belonging(visible.store, likers, entity=photo_id, member=command.actor),
        )
        return reactions.like(command, photo, likes.live, likes.times)

    return await write.respond(decide)


async def unlike(photo_id: PhotoId, write: Write) -> Response:
    """Takes a like back."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        likes = await live_beginnings(visible.store, likers, entity=photo_id, member=command.actor)
        return reactions.unlike(command, photo_id, likes)

    return await write.respond(decide)


async def comment(photo_id: PhotoId, new: NewComment, write: Write) -> Response:
    """Says something about a photo."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        return reactions.comment(command, await visible.photo(photo_id), new.text)

    return await write.respond(decide)


async def delete_comment(photo_id: PhotoId, comment_id: CommentId, write: Write) -> Response:
    """Deletes a comment. For its author, and who took the photo."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        photo, row = await asyncio.gather(
            visible.photo(photo_id),
            comment_on(visible.store, photo_id, comment_id),
        )
        return reactions.delete_comment(command, photo, row)

    return await write.respond(decide)
