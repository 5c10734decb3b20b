"""Opening, changing and deleting rolls."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.generated import MemberJoined, RollChanged, RollCreated, RollDeleted
from producers.decide.decision import Command, Decision, accepted
from producers.decide.refusals import Code, Conflict, Forbidden, no_such_roll
from producers.limits import ROLLS_A_PERSON
from projections.rolls.members import OWNER
from projections.rolls.roll import Roll


def create(command: Command, *, title: str, theme: str, visibility: str, roll_count: int) -> Decision:
    """Opens a roll, whose creator is its first owner. `roll_count`: how many rolls they are a member of.

    Raises Conflict if they are in as many rolls as one can be."""
    require_room(roll_count)
    roll_id = command.derived_id("roll")
    created = RollCreated(
        **command.metadata("RollCreated"),
        roll_id=roll_id,
        creator_id=command.actor,
        title=title,
        theme=theme,
        visibility=visibility,
    )
    metadata = command.metadata("MemberJoined")
    joined = MemberJoined(**metadata, roll_id=roll_id, member_id=command.actor, role=OWNER)
    return accepted(roll_id, created, joined)


def change(command: Command, roll: Roll | None, role: str | None, fields: Mapping[str, Any]) -> Decision:
    """Changes a roll. `role`: one's own in it; `fields`: what to set, by RollChanged's names, where None clears.

    Raises NotFound; Forbidden for who isn't an owner."""
    roll = owned(roll, role)
    changed = RollChanged(
        **command.metadata("RollChanged"),
        roll_id=roll.roll_id,
        creator_id=creator_of(roll),
        changed=tuple(sorted(fields)),
        **fields,
    )
    return accepted(roll.roll_id, changed)


def delete(command: Command, roll: Roll | None, role: str | None) -> Decision:
    """Deletes a roll for good; a processor ends its memberships. Raises NotFound; Forbidden for who isn't an owner."""
    roll = owned(roll, role)
    deleted = RollDeleted(**command.metadata("RollDeleted"), roll_id=roll.roll_id, creator_id=creator_of(roll))
    return accepted(roll.roll_id, deleted)


def owned(roll: Roll | None, role: str | None) -> Roll:
    """Returns the roll to who has the role of an owner in it. Raises NotFound; Forbidden for who hasn't."""
    if roll is None:
        raise no_such_roll()
    if role != OWNER:
        raise Forbidden(Code.ROLL_OWNER_REQUIRED, "Only an owner of the roll may do this.")
    return roll


def require_room(roll_count: int) -> None:
    """Raises Conflict for who is a member of as many rolls as one can be."""
    if roll_count >= ROLLS_A_PERSON:
        detail = f"You are in {roll_count} rolls, which is as many as one can be in. Leave one first."
        raise Conflict(Code.MEMBERSHIP_LIMIT, detail)


def creator_of(roll: Roll) -> UUID:
    """Returns who created a roll: set in every roll that may be seen."""
    assert roll.creator_id is not None
    return roll.creator_id
