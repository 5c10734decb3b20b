"""Taking and deleting photos, putting them into rolls and taking them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from events.generated import (
    Card,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoRejected,
    PhotoRemovedFromRoll,
    PhotoTaken,
    PhotoTakenDown,
)
from events.ids import derived_id
from producers.decide.decision import Command, Decision, accepted, one_event_each, require_beginnings_left, unchanged
from producers.decide.develops_at import develops
from producers.decide.refusals import Code, Conflict, Forbidden, Invalid, NotFound, no_such_photo, no_such_roll
from producers.limits import OLDEST_TAKEN, REMOVALS_AT_ONCE, ROLLS_A_PHOTO
from projections.photos.photo import Photo, Placement
from projections.rolls.members import OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A roll that a photo is to go to or leave: whether the command's actor may see it, and their role in it."""

    roll_id: UUID
    visible: bool
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A photo to be registered: where its upload lies, and what the phone says of it.

    `taken_at` is the phone's time, `zone` the person's; `delay` takes the place of the rule for when it develops."""

    object_key: str
    etag: str
    zone: str
    taken_at: datetime | None
    on_profile: bool
    rolls: Sequence[Destination]
    delay: timedelta | None


class PhotoFacts(TypedDict):
    """What every event of a photo says of it: which it is, whose, when it was taken and when it develops."""

    photo_id: UUID
    owner_id: UUID
    taken_at: datetime
    develops_at: datetime


def take(command: Command, new: Registration) -> Decision:
    """Registers a photo and puts it into rolls. The command's request is the upload, so that it is good for one photo.

    Raises NotFound or Forbidden for a roll that it may not go to; Invalid for too many rolls."""
    for roll in new.rolls:
        require_membership(roll)
    if len(new.rolls) > ROLLS_A_PHOTO:
        raise Invalid(Code.TOO_MANY_ROLLS, f"A photo can be in {ROLLS_A_PHOTO} rolls.")
    develops_at, rule_version = develops(command.at, new.zone, new.delay)
    facts: PhotoFacts = {
        "photo_id": photo_id_of(command),
        "owner_id": command.actor,
        "taken_at": clamped(new.taken_at or command.at, now=command.at),
        "develops_at": develops_at,
    }
    taken = PhotoTaken(
        **command.metadata("PhotoTaken"),
        **facts,
        zone=new.zone,
        rule_version=rule_version,
        object_key=new.object_key,
        etag=new.etag,
        on_profile=new.on_profile,
    )
    placements = (
        PhotoAddedToRoll(**command.metadata("PhotoAddedToRoll", roll.roll_id), **facts, roll_id=roll.roll_id)
        for roll in new.rolls
    )
    return accepted(taken.photo_id, taken, *placements)


def photo_id_of(command: Command) -> UUID:
    """Returns the id of the photo that a command registers."""
    return command.derived_id("photo")


def clamped(taken_at: datetime, *, now: datetime) -> datetime:
    """Returns the phone's time in whole milliseconds, not before the last 30 days and not after now."""
    whole = taken_at.replace(microsecond=taken_at.microsecond // 1000 * 1000)
    return min(max(whole, now - OLDEST_TAKEN), now)


def delete(command: Command, photo: Photo | None, placements: Sequence[Placement]) -> Decision:
    """Deletes a photo and takes it out of its rolls. `placements`: the photo's, in all rolls.

    The removals are those that the reactor `expand` makes of the deletion: it does what is beyond REMOVALS_AT_ONCE, and
    what was put into a roll meanwhile. Raises NotFound; Forbidden for anyone but its owner."""
    if photo is None:
        raise no_such_photo()
    if photo.owner_id != command.actor:
        raise Forbidden(Code.PHOTO_DELETION_FORBIDDEN, "Only who took the photo may delete it.")
    deleted = PhotoDeleted(**command.metadata("PhotoDeleted"), **facts_of(photo))
    removals = (
        photo_removed(deleted, placement.roll_id, placement_id=placement.placement_id)
        for placement in placements[:REMOVALS_AT_ONCE]
    )
    return accepted(photo.photo_id, deleted, *removals)


def photo_removed(
    cause: PhotoDeleted | PhotoTakenDown | PhotoRejected | PhotoAddedToRoll, roll_id: UUID, *, placement_id: UUID
) -> PhotoRemovedFromRoll:
    """Returns the fact that a placement of an ended photo is over: the same, to the byte, whoever makes it."""
    return PhotoRemovedFromRoll(**facts_in_roll("PhotoRemovedFromRoll", cause, roll_id, placement_id))


def photo_developed_in_roll(
    cause: PhotoDeveloped | PhotoAddedToRoll, roll_id: UUID, *, placement_id: UUID, card: Card | None
) -> PhotoDevelopedInRoll:
    """Returns the fact that a placed photo has developed: the same, to the byte, whoever makes it.

    `card`: that of its PhotoDeveloped, which its row has too."""
    return PhotoDevelopedInRoll(**facts_in_roll("PhotoDevelopedInRoll", cause, roll_id, placement_id), card=card)


def facts_in_roll(
    kind: str,
    cause: PhotoDeleted | PhotoTakenDown | PhotoRejected | PhotoDeveloped | PhotoAddedToRoll,
    roll_id: UUID,
    placement_id: UUID,
) -> dict[str, Any]:
    """Returns what an event of this kind says of a placement, because of what happened to its photo."""
    return {
        "event_id": derived_id(cause.event_id, kind, placement_id),
        "occurred_at": cause.occurred_at,
        "actor_id": cause.actor_id,
        "photo_id": cause.photo_id,
        "owner_id": cause.owner_id,
        "roll_id": roll_id,
        "placement_id": placement_id,
        "taken_at": cause.taken_at,
        "develops_at": cause.develops_at,
    }


def place(
    command: Command, photo: Photo | None, roll: Destination, placements: Sequence[Placement], times: int = 0
) -> Decision:
    """Puts a photo into a roll: one's own, into one that one is a member of.

    - `placements`: the photo's that hold, in all rolls
    - `times`: how often it was put into rolls, in all

    One that has developed has developed in the roll at once, by the fact that `expand` makes too.

    Raises NotFound; Forbidden; Conflict if the photo has ended or is in as many rolls as it can be; TooMany."""
    if photo is None:
        raise no_such_photo()
    if photo.owner_id != command.actor:
        raise Forbidden(Code.PHOTO_PLACEMENT_FORBIDDEN, "Only who took the photo may put it into a roll.")
    require_membership(roll)
    if photo.ended:
        raise Conflict(Code.PHOTO_ENDED, "This photo can't be put into a roll any more.")
    in_roll = [row for row in placements if row.roll_id == roll.roll_id]
    if in_roll:
        return unchanged(in_roll[0].placement_id)
    require_beginnings_left(times, "put this photo into rolls")
    if len({row.roll_id for row in placements}) >= ROLLS_A_PHOTO:
        detail = f"The photo is in {ROLLS_A_PHOTO} rolls, which is as many as it can be in."
        raise Conflict(Code.PLACEMENT_LIMIT, detail)
    placed = PhotoAddedToRoll(**command.metadata("PhotoAddedToRoll"), **facts_of(photo), roll_id=roll.roll_id)
    if not photo.developed:
        return accepted(placed.event_id, placed)
    developed = photo_developed_in_roll(placed, roll.roll_id, placement_id=placed.event_id, card=photo.card)
    return accepted(placed.event_id, placed, developed)


def unplace(command: Command, photo: Photo | None, roll: Destination, placements: Sequence[Placement]) -> Decision:
    """Takes a photo out of a roll: for who took it, and the roll's owners. `placements`: the photo's, in all rolls.

    Raises NotFound; Forbidden."""
    if photo is None:
        raise no_such_photo()
    facts = facts_of(photo)
    owned = photo.owner_id == command.actor
    in_roll = [row.placement_id for row in placements if row.roll_id == roll.roll_id]
    if not in_roll or not (roll.visible or owned):
        raise NotFound(Code.PHOTO_NOT_IN_ROLL, "The photo isn't in such a roll.")
    if not owned and roll.role != OWNER:
        detail = "Only who took the photo, or an owner of the roll, may take it out."
        raise Forbidden(Code.PHOTO_REMOVAL_FORBIDDEN, detail)
    return one_event_each(
        in_roll,
        lambda placement_id: PhotoRemovedFromRoll(
            **command.metadata("PhotoRemovedFromRoll", placement_id),
            **facts,
            roll_id=roll.roll_id,
            placement_id=placement_id,
        ),
    )


def require_membership(roll: Destination) -> None:
    """Raises NotFound for a roll that one may not see; Forbidden for one that one isn't a member of."""
    if not roll.visible:
        raise no_such_roll()
    if roll.role is None:
        raise Forbidden(Code.ROLL_MEMBERSHIP_REQUIRED, "Only members put photos into a roll. Join it first.")


def facts_of(photo: Photo) -> PhotoFacts:
    """Returns what a photo's row says of it, all of which is set in every photo that may be seen."""
    assert photo.owner_id is not None
    assert photo.taken_at is not None
    assert photo.develops_at is not None
    return {
        "photo_id": photo.photo_id,
        "owner_id": photo.owner_id,
        "taken_at": photo.taken_at,
        "develops_at": photo.develops_at,
    }
