"""Opening, changing and deleting rolls."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from producers.decide import rolls
from producers.decide.decision import Command, Decision
from producers.decide.refusals import Code, Invalid
from producers.gateway.bodies import NewRoll, RollPatch
from producers.gateway.paths import RollId
from producers.gateway.reads import size_of
from producers.gateway.write import Write
from projections.photos.photo import placements
from projections.rolls.rolls_of_user import rolls_of_user
from projections.visibility import VisibleRows, is_viewable


async def create(new: NewRoll, write: Write) -> Response:
    """Opens a roll; you are its first owner."""

    async def decide(command: Command) -> Decision:
        return rolls.create(
            command,
            title=new.title,
            theme=new.theme,
            visibility=new.visibility.value,
            roll_count=await size_of(write.store, command.actor, rolls_of_user.name),
        )

    return await write.respond(decide)


async def change(roll_id: RollId, patch: RollPatch, write: Write) -> Response:
    """Changes a roll: a JSON merge patch. For its owners."""

    async def decide(command: Command) -> Decision:
        visible = VisibleRows(write.store, command.actor, command.at)
        roll, role = await asyncio.gather(visible.roll(roll_id), visible.role(roll_id))
        rolls.owned(roll, role)
        if patch.cover is not None and not await shown_in_roll(visible, photo_id=patch.cover, roll_id=roll_id):
            raise Invalid(Code.COVER_INVALID, "A cover is a developed photo in the roll.")
        fields = patch.sent("title", "theme", "visibility") | {
            f"{name}_id": value for name, value in patch.sent("cover").items()
        }
        return rolls.change(command, roll, role, fields)

    return await write.respond(decide)


async def shown_in_roll(visible: VisibleRows, *, photo_id: UUID, roll_id: UUID) -> bool:
    """Whether a photo has developed, may be seen, and is in a roll."""
    photo, photo_placements = await asyncio.gather(visible.photo(photo_id), placements(visible.store, photo_id))
    return is_viewable(photo) and any(row.roll_id == roll_id for row in photo_placements)


async def delete(roll_id: RollId, write: Write) -> Response:
    """Closes a roll for good; its photos remain their owners'. For its owners."""

    async def decide(command: Command) -> Decision:
        visible = VisibleRows(write.store, command.actor, command.at)
        roll, role = await asyncio.gather(visible.roll(roll_id), visible.role(roll_id))
        return rolls.delete(command, roll, role)

    return await write.respond(decide)
