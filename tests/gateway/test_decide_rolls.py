"""Opening, changing and closing rolls: the exact facts, and both sides of every condition."""

from typing import Any

import pytest

from events.generated import MemberJoined, RollChanged, RollCreated, RollDeleted
from producers.decide.decision import Decision
from producers.decide.rolls import change, create, creator_of, delete, owned, require_room
from projections.rolls.roll import Roll
from tests.gateway.deciding import HIDDEN, ROLL, command, derived, first_fields, refusal
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
    decision = create(command(BOB), title="Midsummer", theme="lake", visibility="private", roll_count=memberships)
    assert decision == Decision(id=roll_id, event_id=created.event_id, events=(created, joined))


@pytest.mark.parametrize("memberships", [500, 501])
def test_nobody_is_in_more_than_five_hundred_rolls(memberships: int) -> None:
    full = (409, f"You are in {memberships} rolls, which is as many as one can be in. Leave one first.")
    assert refusal(create, command(), title="Midsummer", theme="", visibility="public", roll_count=memberships) == full
    assert refusal(require_room, memberships) == full


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
    assert change(command(BOB), HIDDEN, "owner", fields) == Decision(
        id=ROLL.roll_id, event_id=event.event_id, events=(event,)
    )


def test_a_roll_is_deleted_by_any_owner_and_stays_with_its_creator() -> None:
    event = RollDeleted(**first_fields(derived("RollDeleted"), BOB), roll_id=ROLL.roll_id, creator_id=ADA)
    assert delete(command(BOB), ROLL, "owner") == Decision(id=ROLL.roll_id, event_id=event.event_id, events=(event,))


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
    assert refusal(delete, command(ADA), roll, role) == expected
    assert refusal(change, command(ADA), roll, role, {"title": "Sea"}) == expected


def test_an_owner_gets_the_roll_itself() -> None:
    assert owned(ROLL, "owner") is ROLL
    assert creator_of(ROLL) == ADA
