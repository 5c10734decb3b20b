"""Opening, changing and closing rolls: the exact facts, and both sides of every condition."""

from typing import Any

import pytest

from events.generated import MemberJoined, RollChanged, RollCreated, RollDeleted
from producers.decide.decision import Decision
from producers.decide.rolls import change, create, creator_of, delete, owned, room_for_one_more
from projections.rolls.roll import Roll
from tests.gateway.deciding import HIDDEN, ROLL, act, derived, first_fields, refusal
from tests.gateway.world import ADA, BOB, one

NOT_OWNER = (403, "Only an owner of the roll may do this.")


@pytest.mark.parametrize("memberships", [0, 1, 499])
def test_a_roll_is_made_with_its_first_owner(memberships: int) -> None:
    roll_id = derived("roll")
    created = RollCreated(
        **first_fields(derived("RollCreated"), BOB),
        roll_id=roll_id,
        creator_id=BOB,
        title="Midsummer",
        theme="lake",
        visibility="private",
    )
    joined = MemberJoined(**first_fields(derived("MemberJoined"), BOB), roll_id=roll_id, member_id=BOB, role="owner")
    decision = create(act(BOB), "Midsummer", "lake", "private", memberships)
    assert decision == Decision(roll_id, created.event_id, (created, joined))


@pytest.mark.parametrize("memberships", [500, 501])
def test_nobody_is_in_more_than_five_hundred_rolls(memberships: int) -> None:
    full = (409, f"You are in {memberships} rolls, which is as many as one can be in. Leave one first.")
    assert refusal(create, act(), "Midsummer", "", "public", memberships) == full
    assert refusal(room_for_one_more, memberships) == full


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"title": "Sea"}, ("title",)),
        ({"visibility": "public", "theme": None}, ("theme", "visibility")),
        ({"title": "Sea", "cover_id": one("photo"), "theme": "x"}, ("cover_id", "theme", "title")),
    ],
)
def test_a_change_is_made_by_any_owner_and_stays_with_the_rolls_creator(
    fields: dict[str, Any], changed: tuple[str, ...]
) -> None:
    event = RollChanged(
        **first_fields(derived("RollChanged"), BOB),
        roll_id=ROLL.roll_id,
        creator_id=ADA,
        changed=changed,
        **fields,
    )
    assert change(act(BOB), HIDDEN, "owner", fields) == Decision(ROLL.roll_id, event.event_id, (event,))


def test_a_roll_is_deleted_by_any_owner_and_stays_with_its_creator() -> None:
    event = RollDeleted(**first_fields(derived("RollDeleted"), BOB), roll_id=ROLL.roll_id, creator_id=ADA)
    assert delete(act(BOB), ROLL, "owner") == Decision(ROLL.roll_id, event.event_id, (event,))


@pytest.mark.parametrize(
    ("roll", "role", "expected"),
    [
        (None, "owner", (404, "There is no such roll.")),
        (None, None, (404, "There is no such roll.")),
        (ROLL, "member", NOT_OWNER),
        (ROLL, None, NOT_OWNER),
    ],
)
def test_who_does_not_own_a_roll_is_told_so_if_they_see_it(
    roll: Roll | None, role: str | None, expected: tuple[int, str]
) -> None:
    assert refusal(owned, roll, role) == expected
    assert refusal(delete, act(ADA), roll, role) == expected
    assert refusal(change, act(ADA), roll, role, {"title": "Sea"}) == expected


def test_an_owner_gets_the_roll_itself() -> None:
    assert owned(ROLL, "owner") is ROLL
    assert creator_of(ROLL) == ADA
