"""Given a roll's invitations, a person may join by the last one, once."""

from datetime import timedelta

import pytest

from projections.rolls.invitations import INVITATIONS, Invitation, invitation, was_accepted
from projections.rolls.members import members
from projections.tally.queries import Belonging, belonging
from tests import given
from tests.given import ADA, BO, CY, DEN, LAKE, NOON, minutes
from tests.projections.rows import milliseconds, rows, stored

pytestmark = pytest.mark.anyio

INVITED = given.member_invited()
LAST = given.member_invited(actor_id=CY, occurred_at=minutes(5))
OF_OLD = Invitation(member_id=BO, roll_id=LAKE, invited_by=ADA, invited_at=NOON)


def joined(*after: timedelta) -> Belonging:
    """Memberships that began so long after the invitation, and have ended."""
    latest = max((milliseconds(NOON + each) for each in after), default=0)
    return Belonging(times=len(after), latest=latest)


def test_the_last_invitation_to_a_roll_stands_and_those_to_others_stay() -> None:
    to_den = given.member_invited(roll_id=DEN, occurred_at=minutes(1))
    assert rows(INVITATIONS, INVITED) == {OF_OLD}
    assert rows(INVITATIONS, INVITED, to_den, LAST) == {
        Invitation(BO, LAKE, CY, minutes(5)),
        Invitation(BO, DEN, ADA, minutes(1)),
    }


async def test_a_persons_last_invitation_to_a_roll_is_found() -> None:
    store = await stored(INVITED, LAST)
    assert await invitation(store, BO, LAKE) == Invitation(BO, LAKE, CY, minutes(5))
    assert await invitation(store, BO, DEN) is None
    assert await invitation(store, CY, LAKE) is None


def test_an_invitation_is_spent_by_the_first_joining_after_it_even_one_that_has_ended() -> None:
    moment = timedelta(milliseconds=1)
    assert not was_accepted(OF_OLD, joined())
    assert not was_accepted(OF_OLD, joined(-moment))
    assert was_accepted(OF_OLD, joined(timedelta(0)))
    assert was_accepted(OF_OLD, joined(-moment, moment))


async def test_a_membership_of_which_only_the_end_is_known_spends_nothing() -> None:
    store = await stored(given.member_left())
    membership = await belonging(store, members, entity=LAKE, member=BO)
    assert (list(membership.live), membership.times) == ([], 0)
    assert not was_accepted(OF_OLD, membership)
