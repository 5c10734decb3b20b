"""Given who joined and left a roll, `rolls_of_user` holds a person's memberships in the shard of their own facts."""

import pytest

from events.generated import Event
from projections.rolls.rolls_of_user import rolls_of_user
from projections.tally.counts import Count
from projections.tally.tally import Listed, Member
from tests import given
from tests.given import BO, DEN, LAKE, NOON, minutes
from tests.projections.rows import OF_BO, counts_of_kind, list_of, milliseconds, set_of

JOINED, PROMOTED = given.member_joined(), given.member_role_changed()
OF_DEN = given.member_joined(roll_id=DEN, role="owner", occurred_at=minutes(3))


def test_a_join_puts_the_roll_into_the_members_set() -> None:
    assert set_of(rolls_of_user, JOINED, OF_DEN) == {
        Member(BO, OF_BO, JOINED.event_id, LAKE, NOON, None, "member"),
        Member(BO, OF_BO, OF_DEN.event_id, DEN, minutes(3), None, "owner"),
    }
    assert list_of(rolls_of_user, JOINED, OF_DEN) == {
        Listed(BO, OF_BO, NOON, LAKE, JOINED.event_id),
        Listed(BO, OF_BO, minutes(3), DEN, OF_DEN.event_id),
    }
    assert counts_of_kind("rolls_of_user", JOINED, OF_DEN) == {
        Count(BO, "rolls_of_user", OF_BO, 1, 2, milliseconds(minutes(3)))
    }


@pytest.mark.parametrize("history", [(JOINED, PROMOTED), (JOINED, PROMOTED, JOINED), (PROMOTED, JOINED)])
def test_another_role_stands_whenever_the_join_comes(history: tuple[Event, ...]) -> None:
    assert set_of(rolls_of_user, *history) == {Member(BO, OF_BO, JOINED.event_id, LAKE, NOON, None, "owner")}


@pytest.mark.parametrize("end", [given.member_left(), given.member_removed()], ids=["left", "removed"])
def test_a_membership_that_ended_takes_the_roll_out(end: Event) -> None:
    assert set_of(rolls_of_user, JOINED, OF_DEN, end) == {
        Member(BO, OF_BO, JOINED.event_id, LAKE, NOON, True, "member"),
        Member(BO, OF_BO, OF_DEN.event_id, DEN, minutes(3), None, "owner"),
    }
    assert counts_of_kind("rolls_of_user", JOINED, OF_DEN, end) == {
        Count(BO, "rolls_of_user", OF_BO, 1, 1, milliseconds(minutes(3)))
    }
