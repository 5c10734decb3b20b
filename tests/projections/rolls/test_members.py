"""Given who joined and left a roll, `members` holds each membership with its role, in the shard of the member."""

import pytest

from events.generated import Event
from projections.rolls.members import members
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import ADA, BO, LAKE, NOON, minutes
from tests.projections.rows import OF_ADA, OF_BO, counts_of_kind, list_of, milliseconds, set_of

JOINED, PROMOTED = given.member_joined(), given.member_role_changed()
AGAIN = given.member_joined(occurred_at=minutes(9))
OWNER = given.member_joined(member_id=ADA, role="owner", occurred_at=minutes(1))
LEFT, REMOVED = given.member_left(), given.member_removed()


def test_a_join_begins_a_membership_with_its_role() -> None:
    assert set_of(members, JOINED, OWNER) == {
        Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, None, "member"),
        Member(LAKE, OF_ADA, OWNER.event_id, ADA, minutes(1), None, "owner"),
    }
    assert list_of(members, JOINED, OWNER) == {
        Listed(LAKE, OF_BO, NOON, BO, JOINED.event_id),
        Listed(LAKE, OF_ADA, minutes(1), ADA, OWNER.event_id),
    }
    assert counts_of_kind("members", JOINED, OWNER) == {
        Count(LAKE, "members", OF_BO, 1, 1, milliseconds(NOON)),
        Count(LAKE, "members", OF_ADA, 1, 1, milliseconds(minutes(1))),
    }


def test_another_role_replaces_that_of_the_join_and_changes_no_count() -> None:
    assert set_of(members, JOINED, PROMOTED) == {Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, None, "owner")}
    assert counts_of_kind("members", JOINED, PROMOTED) == {Count(LAKE, "members", OF_BO, 1, 1, milliseconds(NOON))}


@pytest.mark.parametrize(
    "history",
    [(JOINED, PROMOTED, JOINED), (PROMOTED, JOINED), (JOINED, PROMOTED, JOINED, JOINED), (PROMOTED, JOINED, JOINED)],
)
def test_a_join_that_comes_again_or_after_the_promotion_makes_no_owner_a_member(history: tuple[Event, ...]) -> None:
    assert set_of(members, *history) == {Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, None, "owner")}
    assert counts_of_kind("members", *history) == {Count(LAKE, "members", OF_BO, 1, 1, milliseconds(NOON))}


def test_the_last_of_several_roles_stands() -> None:
    demoted = given.member_role_changed(role="member", occurred_at=minutes(2))
    assert set_of(members, JOINED, PROMOTED, demoted) == {
        Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, None, "member")
    }


@pytest.mark.parametrize("end", [LEFT, REMOVED], ids=["left", "removed"])
def test_who_left_or_was_removed_is_no_member_any_more_and_keeps_the_last_role(end: Event) -> None:
    assert set_of(members, JOINED, PROMOTED, end) == {Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, True, "owner")}
    assert counts_of_kind("members", JOINED, end) == {Count(LAKE, "members", OF_BO, 1, 0, milliseconds(NOON))}


def test_a_role_for_a_membership_that_has_ended_does_not_bring_it_back() -> None:
    assert counts_of_kind("members", JOINED, LEFT, PROMOTED) == {
        Count(LAKE, "members", OF_BO, 1, 0, milliseconds(NOON))
    }


def test_a_role_for_a_membership_that_has_not_begun_makes_no_member() -> None:
    assert set_of(members, PROMOTED) == {Member(LAKE, OF_BO, JOINED.event_id, BO, None, None, "owner")}
    assert counts_of_kind("members", PROMOTED) == {Count(LAKE, "members", OF_BO, 1, 0, 0)}


def test_each_of_two_memberships_has_its_own_role_and_its_own_end() -> None:
    promoted = given.member_role_changed(membership_id=AGAIN.event_id)
    assert set_of(members, JOINED, AGAIN, promoted, LEFT) == {
        Member(LAKE, OF_BO, JOINED.event_id, BO, NOON, True, "member"),
        Member(LAKE, OF_BO, AGAIN.event_id, BO, minutes(9), None, "owner"),
    }
    assert counts_of_kind("members", JOINED, AGAIN, promoted, LEFT) == {
        Count(LAKE, "members", OF_BO, 1, 1, milliseconds(minutes(9)))
    }
