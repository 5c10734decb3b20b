"""Registering and deleting photos, putting them into rolls, and reactions to them."""

import asyncio

from starlette.responses import Response

from producers.decide import photos, reactions
from producers.decide.decision import Act, Decision
from producers.gateway.accounts import known
from producers.gateway.bodies import NewComment, NewPhoto
from producers.gateway.paths import CommentId, PhotoId, RollId
from producers.gateway.reads import comment_on, destination
from producers.gateway.write import Write
from producers.limits import UPLOAD_BYTES
from producers.uploads import object_key
from projections.photos.rolls_of_photo import placements
from projections.reactions.likers import likers
from projections.tally.queries import beginnings
from projections.visibility import Sight
from web.problems import Problem


async def take(new: NewPhoto, write: Write) -> Response:
    """Registers a photo whose file was sent. It develops at 9 am the next day, where you are.

    An upload is good for one photo: registering it again gives the same answer, or a 409 for other details."""

    async def decide(act: Act) -> Decision:
        gate = write.gate
        sight = Sight(gate.store, act.actor)
        rolls = list(dict.fromkeys(new.rolls))
        me = await known(sight)
        destinations = await asyncio.gather(*(destination(sight, roll) for roll in rolls))
        if await sight.row(photos.photo_of(act)) is not None:
            raise Problem(409, "This upload was registered already.", more={"photo": str(photos.photo_of(act))})
        key = object_key(act.actor, new.upload_id)
        uploaded = await gate.uploads.find(key)
        if uploaded is None:
            raise Problem(409, "The file isn't there. Send it with the form of POST /v1/uploads, then ask again.")
        if not 1 <= uploaded.size <= UPLOAD_BYTES:
            raise Problem(422, f"A photo has 1 to {UPLOAD_BYTES} bytes, and this file {uploaded.size}.")
        taking = photos.Taking(
            object_key=key,
            etag=uploaded.etag,
            zone=me.zone or "UTC",
            taken_at=new.taken_at,
            on_profile=new.on_profile,
            rolls=destinations,
            delay=gate.settings.develop_delay,
        )
        return photos.take(act, taking)

    return await write.answer(decide, about=new.upload_id)


async def delete(photo_id: PhotoId, write: Write) -> Response:
    """Deletes your photo, for good and everywhere."""

    async def decide(act: Act) -> Decision:
        return photos.delete(act, await Sight(write.gate.store, act.actor).photo(photo_id))

    return await write.answer(decide)


async def place(photo_id: PhotoId, roll_id: RollId, write: Write) -> Response:
    """Puts your photo into a roll that you are a member of."""

    async def decide(act: Act) -> Decision:
        sight = Sight(write.gate.store, act.actor)
        photo, roll, live = await asyncio.gather(
            sight.photo(photo_id), destination(sight, roll_id), placements(sight.store, photo_id)
        )
        return photos.place(act, photo, roll, live)

    return await write.answer(decide)


async def unplace(photo_id: PhotoId, roll_id: RollId, write: Write) -> Response:
    """Takes a photo out of a roll. For who took it, and the roll's owners."""

    async def decide(act: Act) -> Decision:
        sight = Sight(write.gate.store, act.actor)
        photo, roll, live = await asyncio.gather(
            sight.photo(photo_id), destination(sight, roll_id), placements(sight.store, photo_id)
        )
        return photos.unplace(act, photo, roll, live)

    return await write.answer(decide)


async def like(photo_id: PhotoId, write: Write) -> Response:
    """Likes a photo."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        photo, live = await asyncio.gather(
            Sight(store, act.actor).photo(photo_id), beginnings(store, likers, photo_id, act.actor)
        )
        return reactions.like(act, photo, live)

    return await write.answer(decide)


async def unlike(photo_id: PhotoId, write: Write) -> Response:
    """Takes a like back."""

    async def decide(act: Act) -> Decision:
        live = await beginnings(write.gate.store, likers, photo_id, act.actor)
        return reactions.unlike(act, photo_id, live)

    return await write.answer(decide)


async def comment(photo_id: PhotoId, new: NewComment, write: Write) -> Response:
    """Says something about a photo."""

    async def decide(act: Act) -> Decision:
        return reactions.comment(act, await Sight(write.gate.store, act.actor).photo(photo_id), new.text)

    return await write.answer(decide)


async def delete_comment(photo_id: PhotoId, comment_id: CommentId, write: Write) -> Response:
    """Deletes a comment. For its author, and who took the photo."""

    async def decide(act: Act) -> Decision:
        store = write.gate.store
        photo, row = await asyncio.gather(
            Sight(store, act.actor).photo(photo_id), comment_on(store, photo_id, comment_id)
        )
        return reactions.delete_comment(act, photo, row)

    return await write.answer(decide)
