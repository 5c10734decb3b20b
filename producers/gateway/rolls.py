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
from projections.rolls.rolls_of_user import rolls_of_user
from projections.visibility import VisibleRows, is_viewable


async def create(new: NewRoll, write: Write) -> Response:
    """Opens a roll; you are its first owner."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        return rolls.create(
            command,
            title=new.title,
            theme=new.theme,
            visibility=new.visibility.value,
            roll_count=await size_of(visible.store, command.actor, rolls_of_user.name),
        )

    return await write.respond(decide)


async def change(roll_id: RollId, patch: RollPatch, write: Write) -> Response:
    """Changes a roll: a JSON merge patch. For its owners."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        roll, role, cover_is_shown = await asyncio.gather(
            visible.roll(roll_id), visible.role(roll_id), shown_in_roll(visible, patch.cover, roll_id=roll_id)
        )
        rolls.owned(roll, role)
        if not cover_is_shown:
            raise Invalid(Code.COVER_INVALID, "A cover is a developed photo in the roll.")
        fields = patch.sent("title", "theme", "visibility") | {
            f"{name}_id": value for name, value in patch.sent("cover").items()
        }
        return rolls.change(command, roll, role, fields)

    return await write.respond(decide)


async def shown_in_roll(visible: VisibleRows, photo_id: UUID | None, *, roll_id: UUID) -> bool:
    """Whether a photo has developed, may be seen, and is in a roll. No photo (None) always does."""
    if photo_id is None:
        return True
    photo, photo_placements = await asyncio.gather(visible.photo(photo_id), visible.placements(photo_id))
    return is_viewable(photo) and any(row.roll_id == roll_id for row in photo_placements)


async def delete(roll_id: RollId, write: Write) -> Response:
    """Closes a roll for good; its photos remain their owners'. For its owners."""

    async def decide(command: Command, visible: VisibleRows) -> Decision:
        roll, role = await asyncio.gather(visible.roll(roll_id), visible.role(roll_id))
        return rolls.delete(command, roll, role)

    return await write.respond(decide)
