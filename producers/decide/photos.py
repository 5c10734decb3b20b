"""Taking, deleting and placing photos. A photo that the one who asks may not know of is None here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from events.generated import PhotoAddedToRoll, PhotoDeleted, PhotoRemovedFromRoll, PhotoTaken
from producers.decide.decision import Act, Decision, already, made
from producers.decide.develops_at import develops
from producers.limits import OLDEST_TAKEN, ROLLS_A_PHOTO
from projections.photos.photo import Photo
from projections.photos.rolls_of_photo import Placement
from projections.visibility import OWNER
from web.problems import Problem, forbidden, not_found


@dataclass(frozen=True, slots=True)
class Destination:
    """A roll that a photo shall go to, as the one who asks stands to it."""

    roll_id: UUID
    sees: bool
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A photo to be registered: where its upload lies and what is asked of it. `taken_at` is the phone's word."""

    object_key: str
    etag: str
    zone: str
    taken_at: datetime | None
    on_profile: bool
    rolls: Sequence[Destination]
    delay: timedelta | None


def take(act: Act, taking: Taking) -> Decision:
    """A photo and its placements. The act's request is the upload itself, so that it is good for one photo."""
    for roll in taking.rolls:
        may_fill(roll)
    if len(taking.rolls) > ROLLS_A_PHOTO:
        raise Problem(422, f"A photo can be in {ROLLS_A_PHOTO} rolls.")
    photo_id = photo_of(act)
    develops_at, rule_version = develops(act.at, taking.zone, taking.delay)
    taken_at = clamped(taking.taken_at or act.at, act.at)
    taken = PhotoTaken(
        **act.begin("PhotoTaken"),
        photo_id=photo_id,
        owner_id=act.actor,
        taken_at=taken_at,
        develops_at=develops_at,
        zone=taking.zone,
        rule_version=rule_version,
        object_key=taking.object_key,
        etag=taking.etag,
        on_profile=taking.on_profile,
    )
    placements = (
        PhotoAddedToRoll(
            **act.begin("PhotoAddedToRoll", roll.roll_id),
            photo_id=photo_id,
            owner_id=act.actor,
            roll_id=roll.roll_id,
            taken_at=taken_at,
            develops_at=develops_at,
        )
        for roll in taking.rolls
    )
    return made(photo_id, taken, *placements)


def photo_of(act: Act) -> UUID:
    """The id of the photo that a registration makes."""
    return act.id_of("photo")


def clamped(taken_at: datetime, now: datetime) -> datetime:
    """The phone's word for when a photo was taken: in whole milliseconds, within 30 days, and not after now."""
    whole = taken_at.replace(microsecond=taken_at.microsecond // 1000 * 1000)
    return min(max(whole, now - OLDEST_TAKEN), now)


def delete(act: Act, photo: Photo | None) -> Decision:
    """The end of a photo; a processor takes it out of its rolls."""
    if photo is None:
        raise not_found("photo")
    if photo.owner_id != act.actor:
        raise forbidden("Only who took the photo may delete it.")
    owner_id, taken_at, develops_at = facts_of(photo)
    ended = PhotoDeleted(
        **act.begin("PhotoDeleted"),
        photo_id=photo.photo_id,
        owner_id=owner_id,
        taken_at=taken_at,
        develops_at=develops_at,
    )
    return made(photo.photo_id, ended)


def place(act: Act, photo: Photo | None, roll: Destination, live: Sequence[Placement]) -> Decision:
    """Puts one's own photo into a roll that one is a member of. `live`: all its placements that hold."""
    if photo is None:
        raise not_found("photo")
    if photo.owner_id != act.actor:
        raise forbidden("Only who took the photo may put it into a roll.")
    may_fill(roll)
    if photo.ended:
        raise Problem(409, "This photo can't be put into a roll any more.")
    here = [each for each in live if each.roll_id == roll.roll_id]
    if here:
        return already(here[0].placement_id)
    if len({each.roll_id for each in live}) >= ROLLS_A_PHOTO:
        raise Problem(409, f"The photo is in {ROLLS_A_PHOTO} rolls, which is as many as it can be in.")
    owner_id, taken_at, develops_at = facts_of(photo)
    placed = PhotoAddedToRoll(
        **act.begin("PhotoAddedToRoll"),
        photo_id=photo.photo_id,
        owner_id=owner_id,
        roll_id=roll.roll_id,
        taken_at=taken_at,
        develops_at=develops_at,
    )
    return made(placed.event_id, placed)


def unplace(act: Act, photo: Photo | None, roll: Destination, live: Sequence[Placement]) -> Decision:
    """Takes a photo out of a roll: who took it may, and the roll's owners."""
    if photo is None:
        raise not_found("photo")
    owner_id, taken_at, develops_at = facts_of(photo)
    here = [each for each in live if each.roll_id == roll.roll_id]
    if not here or not (roll.sees or owner_id == act.actor):
        raise Problem(404, "The photo isn't in such a roll.")
    if owner_id != act.actor and roll.role != OWNER:
        raise forbidden("Only who took the photo, or an owner of the roll, may take it out.")
    return made(
        here[0].placement_id,
        *(
            PhotoRemovedFromRoll(
                **act.begin("PhotoRemovedFromRoll", each.placement_id),
                photo_id=photo.photo_id,
                owner_id=owner_id,
                roll_id=roll.roll_id,
                placement_id=each.placement_id,
                taken_at=taken_at,
                develops_at=develops_at,
            )
            for each in here
        ),
    )


def may_fill(roll: Destination) -> None:
    """Problem 404, 403 for who isn't a member of a roll."""
    if not roll.sees:
        raise not_found("roll")
    if roll.role is None:
        raise forbidden("Only members put photos into a roll. Join it first.")


def facts_of(photo: Photo) -> tuple[UUID, datetime, datetime]:
    """Whose a photo is, when it was taken, and when it develops: known of every photo that may be seen."""
    assert photo.owner_id is not None
    assert photo.taken_at is not None
    assert photo.develops_at is not None
    return photo.owner_id, photo.taken_at, photo.develops_at
