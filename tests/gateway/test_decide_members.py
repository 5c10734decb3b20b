"""Joining, leaving and running a roll: the exact facts, several memberships of one person, and every condition."""

from uuid import UUID

import pytest

from events.generated import MemberInvited, MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged
from producers.decide.decision import Decision
from producers.decide.members import invite, join, leave, remove, set_role
from projections.accounts.users import User
from projections.rolls.roll import Roll
from tests.gateway.deciding import HIDDEN, NEWER, OLDER, ROLL, command, derived, first_fields, live, refusal
from tests.gateway.world import ADA, BOB, CAT

NO_ROLL, NO_PERSON = (404, "There is no such roll."), (404, "There is no such person.")
NO_MEMBER = (404, "This person isn't a member of the roll.")
NOT_OWNER = (403, "Only an owner of the roll may do this.")
LAST = (409, "You are the roll's last owner. Make somebody else one first, or delete the roll.")


@pytest.mark.parametrize(
    ("roll", "memberships", "invited"), [(ROLL, 0, False), (ROLL, 499, False), (ROLL, 3, True), (HIDDEN, 499, True)]
)
def test_who_joins_becomes_a_mere_member(roll: Roll, memberships: int, invited: bool) -> None:
    event_id = derived("MemberJoined")
    event = MemberJoined(**first_fields(event_id, BOB), roll_id=ROLL.roll_id, member_id=BOB, role="member")
    assert join(command(BOB), roll, memberships=[], roll_count=memberships, invited=invited) == Decision(
        id=event_id, event_id=event_id, events=(event,)
    )


@pytest.mark.parametrize("memberships", [500, 501])
@pytest.mark.parametrize(("roll", "invited"), [(ROLL, False), (HIDDEN, True)])
def test_nobody_joins_more_than_five_hundred_rolls(roll: Roll, invited: bool, memberships: int) -> None:
    assert refusal(join, command(BOB), roll, memberships=[], roll_count=memberships, invited=invited)[0] == 409


def test_a_private_roll_says_that_it_takes_an_invitation_also_to_who_is_in_too_many_rolls() -> None:
    assert refusal(join, command(BOB), HIDDEN, memberships=[], roll_count=500) == (
        403,
        "A private roll is joined by invitation.",
    )
    assert refusal(join, command(BOB), None, memberships=[live(OLDER)], roll_count=0, invited=True) == NO_ROLL


@pytest.mark.parametrize("roll", [ROLL, HIDDEN])
def test_a_member_who_joins_again_changes_nothing_however_many_rolls_they_are_in(roll: Roll) -> None:
    assert join(command(BOB), roll, memberships=[live(OLDER), live(NEWER)], roll_count=500) == Decision(
        id=OLDER, event_id=OLDER
    )


@pytest.mark.parametrize("role", ["member", "owner"])
def test_any_member_invites_somebody(role: str) -> None:
    event_id = derived("MemberInvited")
    event = MemberInvited(**first_fields(event_id, BOB), roll_id=ROLL.roll_id, member_id=CAT)
    assert invite(command(BOB), HIDDEN, role, User(CAT), []) == Decision(
        id=event_id, event_id=event_id, events=(event,)
    )


def test_a_member_is_not_invited_again() -> None:
    assert invite(command(BOB), HIDDEN, "member", User(CAT), [live(OLDER), live(NEWER)]) == Decision(
        id=OLDER, event_id=OLDER
    )


@pytest.mark.parametrize(
    ("roll", "role", "person", "expected"),
    [
        (None, "owner", User(CAT), NO_ROLL),
        (None, None, None, NO_ROLL),
        (ROLL, None, User(CAT), (403, "Only members of the roll invite others.")),
        (ROLL, None, None, (403, "Only members of the roll invite others.")),
        (ROLL, "owner", None, NO_PERSON),
    ],
)
def test_invitations_are_refused(
    roll: Roll | None, role: str | None, person: User | None, expected: tuple[int, str]
) -> None:
    assert refusal(invite, command(BOB), roll, role, person, [live(OLDER)]) == expected


def role_changed(beginning: UUID, role: str, member: UUID = BOB) -> MemberRoleChanged:
    return MemberRoleChanged(
        **first_fields(derived("MemberRoleChanged", beginning)),
        roll_id=ROLL.roll_id,
        member_id=member,
        membership_id=beginning,
        role=role,
    )


@pytest.mark.parametrize(
    ("roles", "role", "wrong"),
    [
        (("", ""), "owner", (OLDER, NEWER)),
        (("member", "owner"), "owner", (OLDER,)),
        (("owner", "member"), "owner", (NEWER,)),
        (("owner", ""), "member", (OLDER,)),
        (("owner", "owner"), "member", (OLDER, NEWER)),
    ],
)
def test_a_role_is_given_to_each_membership_that_has_another(
    roles: tuple[str, str], role: str, wrong: tuple[UUID, ...]
) -> None:
    memberships = [live(OLDER, roles[0]), live(NEWER, roles[1])]
    events = tuple(role_changed(beginning, role) for beginning in wrong)
    decision = set_role(
        command(), ROLL, own_role="owner", member_id=BOB, memberships=memberships, role=role, another_owner=True
    )
    assert decision == Decision(id=wrong[0], event_id=events[0].event_id, events=events)


@pytest.mark.parametrize(("has", "role"), [("owner", "owner"), ("member", "member"), ("", "member")])
@pytest.mark.parametrize("another_owner", [True, False])
def test_a_role_that_every_membership_has_changes_nothing(has: str, role: str, another_owner: bool) -> None:
    memberships = [live(OLDER, has), live(NEWER, has)]
    assert set_role(
        command(),
        ROLL,
        own_role="owner",
        member_id=BOB,
        memberships=memberships,
        role=role,
        another_owner=another_owner,
    ) == Decision(id=OLDER, event_id=OLDER)


def test_the_last_owner_makes_others_owners_and_does_not_become_a_mere_member() -> None:
    made = set_role(
        command(), ROLL, own_role="owner", member_id=BOB, memberships=[live(OLDER)], role="owner", another_owner=False
    )
    assert made.events == (role_changed(OLDER, "owner"),)
    own = [live(OLDER, "owner")]
    assert (
        refusal(
            set_role,
            command(),
            ROLL,
            own_role="owner",
            member_id=ADA,
            memberships=own,
            role="member",
            another_owner=False,
        )
        == LAST
    )
    demoted = set_role(
        command(), ROLL, own_role="owner", member_id=ADA, memberships=own, role="member", another_owner=True
    )
    assert demoted.events == (role_changed(OLDER, "member", ADA),)


@pytest.mark.parametrize(
    ("roll", "own_role", "expected"),
    [(None, "owner", NO_ROLL), (ROLL, None, NOT_OWNER), (ROLL, "member", NOT_OWNER)],
)
def test_only_owners_give_roles_and_remove(roll: Roll | None, own_role: str | None, expected: tuple[int, str]) -> None:
    for memberships in ([], [live(OLDER)]):
        assert (
            refusal(
                set_role,
                command(),
                roll,
                own_role=own_role,
                member_id=BOB,
                memberships=memberships,
                role="owner",
                another_owner=True,
            )
            == expected
        )
        assert refusal(remove, command(), roll, own_role, BOB, memberships) == expected


def test_who_is_no_member_is_given_no_role_and_not_removed() -> None:
    assert (
        refusal(
            set_role,
            command(),
            ROLL,
            own_role="owner",
            member_id=BOB,
            memberships=[],
            role="member",
            another_owner=False,
        )
        == NO_MEMBER
    )
    assert refusal(remove, command(), ROLL, "owner", BOB, []) == NO_MEMBER


@pytest.mark.parametrize(
    ("roles", "another_owner"),
    [(("", ""), False), (("member", ""), False), (("owner", "owner"), True), (("", "owner"), True)],
)
def test_leaving_ends_each_membership_with_a_fact_of_its_own(roles: tuple[str, str], another_owner: bool) -> None:
    events = tuple(
        MemberLeft(
            **first_fields(derived("MemberLeft", beginning), BOB),
            roll_id=ROLL.roll_id,
            member_id=BOB,
            membership_id=beginning,
        )
        for beginning in (OLDER, NEWER)
    )
    memberships = [live(OLDER, roles[0]), live(NEWER, roles[1])]
    decision = leave(command(BOB), ROLL.roll_id, memberships, another_owner)
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)


@pytest.mark.parametrize("roles", [("owner", ""), ("", "owner"), ("owner", "owner")])
def test_the_last_owner_stays_whichever_membership_owns(roles: tuple[str, str]) -> None:
    memberships = [live(OLDER, roles[0]), live(NEWER, roles[1])]
    assert refusal(leave, command(BOB), ROLL.roll_id, memberships, another_owner=False) == LAST


@pytest.mark.parametrize("another_owner", [True, False])
def test_who_is_no_member_does_not_leave(another_owner: bool) -> None:
    expected = (404, "You aren't a member of this roll.")
    assert refusal(leave, command(BOB), ROLL.roll_id, [], another_owner) == expected


def test_removing_ends_each_membership_with_a_fact_of_its_own() -> None:
    events = tuple(
        MemberRemoved(
            **first_fields(derived("MemberRemoved", beginning)),
            roll_id=ROLL.roll_id,
            member_id=BOB,
            membership_id=beginning,
        )
        for beginning in (OLDER, NEWER)
    )
    decision = remove(command(), ROLL, "owner", BOB, [live(OLDER, "owner"), live(NEWER)])
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)
