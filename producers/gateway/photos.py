"""Registering and deleting photos, putting them into rolls and taking them out."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from producers.decide import photos
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Conflict, Invalid
from producers.gateway.bodies import NewPhoto
from producers.gateway.paths import PhotoId, RollId
from producers.gateway.reads import destinations, own_user, together
from producers.gateway.write import Write
from producers.limits import UPLOAD_BYTES
from producers.uploads import Uploaded, Uploads, object_key
from projections.visibility import VisibleRows


async def take(new: NewPhoto, write: Write) -> Response:
    """Registers a photo whose file was sent. It develops at 9 am the next day, where you are.

    An upload is good for one photo: registering it again gives the same answer, or a 409 for other details."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        key = object_key(command.actor, upload_id=new.upload_id)
        me, rolls, _, uploaded = await together(
            own_user(visible),
            destinations(visible, dict.fromkeys(new.rolls)),
            require_unregistered(visible, photos.photo_id_of(command)),
            require_uploaded(write.resources.uploads, key),
        )
        registration = photos.Registration(
            object_key=key,
            etag=uploaded.etag,
            zone=me.zone or "UTC",
            taken_at=new.taken_at,
            on_profile=new.on_profile,
            rolls=rolls,
            delay=write.resources.settings.develop_delay,
        )
        return photos.take(command, registration)

    return await write.respond(decide, single_use=new.upload_id)


async def require_unregistered(visible: VisibleRows, photo_id: UUID) -> None:
    """Raises Conflict for a photo that is there: its upload was registered more than a day ago."""
    if await visible.photo_row(photo_id) is not None:
        raise Conflict(Code.UPLOAD_REGISTERED, "This upload was registered already.", photo=str(photo_id))


async def require_uploaded(uploads: Uploads, key: str) -> Uploaded:
    """Returns the file that was sent. Raises Conflict if there is none; Invalid for its size; StorageUnavailable."""
    uploaded = await uploads.find(key)
    if uploaded is None:
        detail = "The file isn't there. Send it with the form of POST /v1/uploads, then ask again."
        raise Conflict(Code.UPLOAD_MISSING, detail)
    if not 1 <= uploaded.size <= UPLOAD_BYTES:
        detail = f"A photo has 1 to {UPLOAD_BYTES} bytes, and this file {uploaded.size}."
        raise Invalid(Code.UPLOAD_SIZE_INVALID, detail)
    return uploaded


async def delete(photo_id: PhotoId, write: Write) -> Response:
    """Deletes your photo, for good and everywhere."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        photo, held = await asyncio.gather(visible.photo(photo_id), visible.placements(photo_id))
        return photos.delete(command, photo, held)

    return await write.respond(decide)


async def place(photo_id: PhotoId, roll_id: RollId, write: Write) -> Response:
    """Puts your photo into a roll that you are a member of."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        photo, (roll,), held = await asyncio.gather(
            visible.photo(photo_id), destinations(visible, [roll_id]), visible.placements(photo_id)
        )
        return photos.place(command, photo, roll, held, times=await visible.times_placed(photo_id))

    return await write.respond(decide)


async def unplace(photo_id: PhotoId, roll_id: RollId, write: Write) -> Response:
    """Takes a photo out of a roll. For who took it, and the roll's owners."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        photo, (roll,), held = await asyncio.gather(
            visible.photo(photo_id), destinations(visible, [roll_id]), visible.placements(photo_id)
        )
        return photos.unplace(command, photo, roll, held)

    return await write.respond(decide)
