"""Putting photos into rolls and taking them out: the exact facts, and who is told what."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from events.generated import PhotoAddedToRoll, PhotoDevelopedInRoll, PhotoRemovedFromRoll
from events.ids import derived_id
from producers.decide.decision import Decision
from producers.decide.photos import Destination, place, require_membership, unplace
from projections.photos.photo import Photo, Placement
from tests.gateway.deciding import (
    DEVELOPING,
    NEWER,
    OLDER,
    PHOTO,
    ROLL,
    command,
    derived,
    first_fields,
    placed,
    refusal,
)
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, CAT, one
from tests.given import CARD

OTHER = one("another roll")
DEVELOPS = NOW + timedelta(hours=9)
NO_ROLL, NO_PHOTO = (404, "There is no such roll."), (404, "There is no such photo.")
NOT_IN_IT = (403, "Only members put photos into a roll. Join it first.")
NOT_THERE = (404, "The photo isn't in such a roll.")
NOT_YOURS = (403, "Only who took the photo, or an owner of the roll, may take it out.")
FULL = (409, "The photo is in 20 rolls, which is as many as it can be in.")
OVER = (409, "This photo can't be put into a roll any more.")


def into(role: str | None = "member", *, visible: bool = True) -> Destination:
    """The roll, as the one who asks stands to it."""
    return Destination(roll_id=ROLL.roll_id, visible=visible, role=role)


def full(rolls: int, *more: UUID) -> list[Placement]:
    """Placements in so many other rolls, and in these."""
    return [placed(f"placement {n}", one(f"roll {n}")) for n in range(rolls)] + [placed(str(r), r) for r in more]


@pytest.mark.parametrize("photo", [PHOTO, DEVELOPING])
@pytest.mark.parametrize("role", ["member", "owner"])
@pytest.mark.parametrize("rolls", [0, 1, 19])
def test_a_placement_is_a_fact_with_the_requests_id_and_has_developed_if_the_photo_has(
    photo: Photo, role: str, rolls: int
) -> None:
    event_id = derived("PhotoAddedToRoll")
    event = PhotoAddedToRoll(
        **first_fields(event_id),
        photo_id=PHOTO.photo_id,
        owner_id=ADA,
        roll_id=ROLL.roll_id,
        taken_at=NOW,
        develops_at=DEVELOPS,
    )
    developed = PhotoDevelopedInRoll(
        **first_fields(derived_id(event_id, "PhotoDevelopedInRoll", event_id)),
        photo_id=PHOTO.photo_id,
        owner_id=ADA,
        roll_id=ROLL.roll_id,
        placement_id=event_id,
        taken_at=NOW,
        develops_at=DEVELOPS,
        card=CARD,
    )
    facts = (event, developed) if photo.developed else (event,)
    assert place(command(), photo, into(role), full(rolls)) == Decision(id=event_id, event_id=event_id, events=facts)


def test_a_photo_in_twenty_rolls_goes_into_no_other_but_may_be_said_to_be_where_it_is() -> None:
    assert refusal(place, command(), PHOTO, into(), full(20)) == FULL
    assert refusal(place, command(), PHOTO, into(), full(21)) == FULL
    held = [*full(19), placed(OLDER)]
    assert place(command(), PHOTO, into(), held) == Decision(id=OLDER, event_id=OLDER)


def test_several_placements_in_one_roll_count_once() -> None:
    held = [*full(19), placed("once more", one("roll 0")), placed("and again", one("roll 0"))]
    assert len(place(command(), PHOTO, into(), held).events) == 2
    assert refusal(place, command(), PHOTO, into(), [*held, placed("the twentieth", OTHER)]) == FULL


def test_a_placement_that_holds_is_named_among_those_in_other_rolls() -> None:
    held = [placed("elsewhere", OTHER), placed(OLDER), placed(NEWER), placed("after", one("roll 0"))]
    assert place(command(), PHOTO, into(), held) == Decision(id=OLDER, event_id=OLDER)


@pytest.mark.parametrize(
    ("who", "photo", "roll", "expected"),
    [
        (ADA, None, into(visible=False), NO_PHOTO),
        (BOB, PHOTO, into(visible=False), (403, "Only who took the photo may put it into a roll.")),
        (BOB, PHOTO, into("owner"), (403, "Only who took the photo may put it into a roll.")),
        (ADA, PHOTO, into(None, visible=False), NO_ROLL),
        (ADA, PHOTO, into(None), NOT_IN_IT),
        (ADA, replace(PHOTO, rejected_reason="not an image"), into(None), NOT_IN_IT),
        (ADA, replace(PHOTO, rejected_reason="not an image"), into(), OVER),
        (ADA, replace(PHOTO, deleted=True), into(), OVER),
        (ADA, replace(PHOTO, taken_down=True), into(), OVER),
    ],
)
def test_placements_are_refused_also_where_the_photo_is_already(
    who: UUID, photo: Photo | None, roll: Destination, expected: tuple[int, str]
) -> None:
    assert refusal(place, command(who), photo, roll, [placed(OLDER)]) == expected
    assert refusal(place, command(who), photo, roll, []) == expected


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        (into("owner", visible=False), NO_ROLL),
        (into(None, visible=False), NO_ROLL),
        (into(None), NOT_IN_IT),
    ],
)
def test_a_roll_is_filled_by_its_members_only(roll: Destination, expected: tuple[int, str]) -> None:
    assert refusal(require_membership, roll) == expected


def removed(placement: UUID, who: UUID) -> PhotoRemovedFromRoll:
    return PhotoRemovedFromRoll(
        **first_fields(derived("PhotoRemovedFromRoll", placement), who),
        photo_id=PHOTO.photo_id,
        owner_id=ADA,
        roll_id=ROLL.roll_id,
        placement_id=placement,
        taken_at=NOW,
        develops_at=DEVELOPS,
    )


@pytest.mark.parametrize(
    ("who", "roll"),
    [
        (ADA, into()),
        (ADA, into("owner")),
        (ADA, into(None)),  # a public roll that they left
        (ADA, into(None, visible=False)),  # a private roll that they left
        (BOB, into("owner")),
    ],
)
def test_each_placement_in_the_roll_and_none_in_others_is_ended(who: UUID, roll: Destination) -> None:
    events = tuple(removed(placement, who) for placement in (OLDER, NEWER))
    held = [placed("elsewhere", OTHER), placed(OLDER), placed(NEWER), placed("after", one("roll 0"))]
    decision = unplace(command(who), PHOTO, roll, held)
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)


@pytest.mark.parametrize(
    ("who", "roll", "there", "expected"),
    [
        # To a stranger a photo that is in a private roll is as one that isn't.
        (CAT, into(None, visible=False), True, NOT_THERE),
        (CAT, into(None, visible=False), False, NOT_THERE),
        (CAT, into("owner", visible=False), True, NOT_THERE),
        (CAT, into(None), True, NOT_YOURS),
        (CAT, into(None), False, NOT_THERE),
        (CAT, into("member"), True, NOT_YOURS),
        (CAT, into("owner"), False, NOT_THERE),
        (ADA, into("owner"), False, NOT_THERE),
        (ADA, into(None, visible=False), False, NOT_THERE),
    ],
)
def test_a_photo_is_not_taken_out(who: UUID, roll: Destination, there: bool, expected: tuple[int, str]) -> None:
    held = [placed("elsewhere", OTHER)] + [placed(OLDER)] * there
    assert refusal(unplace, command(who), PHOTO, roll, held) == expected


def test_a_photo_that_one_may_not_know_of_is_taken_out_of_nothing() -> None:
    assert refusal(unplace, command(BOB), None, into("owner"), [placed(OLDER)]) == NO_PHOTO
