"""Opening, changing and closing rolls. A roll that the one who asks may not know of is None here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.generated import MemberJoined, RollChanged, RollCreated, RollDeleted
from producers.decide.decision import Act, Decision, made
from producers.limits import ROLLS_A_PERSON
from projections.rolls.roll import Roll
from projections.visibility import OWNER
from web.problems import Problem, forbidden, not_found


def create(act: Act, title: str, theme: str, visibility: str, memberships: int) -> Decision:
    """A new roll, whose maker is its first owner. `memberships`: how many rolls they are in."""
    room_for_one_more(memberships)
    roll_id = act.id_of("roll")
    return made(
        roll_id,
        RollCreated(
            **act.begin("RollCreated"),
            roll_id=roll_id,
            creator_id=act.actor,
            title=title,
            theme=theme,
            visibility=visibility,
        ),
        MemberJoined(**act.begin("MemberJoined"), roll_id=roll_id, member_id=act.actor, role=OWNER),
    )


def change(act: Act, roll: Roll | None, role: str | None, fields: Mapping[str, Any]) -> Decision:
    """`fields`: what to set, by the event's names; None clears."""
    known = owned(roll, role)
    changed = RollChanged(
        **act.begin("RollChanged"),
        roll_id=known.roll_id,
        creator_id=creator_of(known),
        changed=tuple(sorted(fields)),
        **fields,
    )
    return made(known.roll_id, changed)


def delete(act: Act, roll: Roll | None, role: str | None) -> Decision:
    """Closes a roll for good; a processor ends its memberships."""
    known = owned(roll, role)
    ended = RollDeleted(**act.begin("RollDeleted"), roll_id=known.roll_id, creator_id=creator_of(known))
    return made(known.roll_id, ended)


def owned(roll: Roll | None, role: str | None) -> Roll:
    """The roll, if the one who asks owns it. Problem 404, 403."""
    if roll is None:
        raise not_found("roll")
    if role != OWNER:
        raise forbidden("Only an owner of the roll may do this.")
    return roll


def room_for_one_more(memberships: int) -> None:
    """Problem 409 for who is in as many rolls as one can be."""
    if memberships >= ROLLS_A_PERSON:
        raise Problem(409, f"You are in {memberships} rolls, which is as many as one can be in. Leave one first.")


def creator_of(roll: Roll) -> UUID:
    """Who made the roll, known of every roll that may be seen."""
    assert roll.creator_id is not None
    return roll.creator_id
