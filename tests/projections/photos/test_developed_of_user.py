"""Given a person's photos, `developed_of_user` counts those that have developed and are still there."""

import pytest

from events.generated import Event
from projections.photos.developed_of_user import developed_of_user
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import ADA, DAWN, DUSK, MORNING
from tests.projections.rows import OF_ADA, counts_of_kind, milliseconds, set_of

DEVELOPED = given.photo_developed(occurred_at=MORNING)


def test_a_photo_counts_from_when_it_developed() -> None:
    assert set_of(developed_of_user, given.photo_taken(), given.photo_filtered()) == set()
    assert set_of(developed_of_user, DEVELOPED) == {Member(ADA, OF_ADA, DUSK, DUSK, MORNING)}
    assert counts_of_kind("developed_of_user", DEVELOPED) == {
        Count(ADA, "developed_of_user", OF_ADA, 1, 1, milliseconds(MORNING))
    }


@pytest.mark.parametrize("end", [given.photo_deleted(), given.photo_taken_down()], ids=["deleted", "taken down"])
def test_a_photo_that_ended_does_not_count_whenever_its_end_comes(end: Event) -> None:
    ended = {Member(ADA, OF_ADA, DUSK, DUSK, MORNING, True)}
    assert set_of(developed_of_user, DEVELOPED, end) == set_of(developed_of_user, end, DEVELOPED) == ended
    other = given.photo_developed(photo_id=DAWN, occurred_at=MORNING)
    assert counts_of_kind("developed_of_user", DEVELOPED, other, end) == {
        Count(ADA, "developed_of_user", OF_ADA, 1, 1, milliseconds(MORNING))
    }
