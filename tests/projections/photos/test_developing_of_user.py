"""Given a person's photos, `developing_of_user` counts those that were taken and have neither developed nor ended."""

import pytest

from events.generated import Event
from projections.photos.developing_of_user import developing_of_user
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import ADA, DAWN, DUSK, TAKEN
from tests.projections.rows import OF_ADA, counts_of_kind, milliseconds, set_of

TAKEN_DUSK = given.photo_taken(occurred_at=TAKEN)
ENDS = [given.photo_developed(), given.photo_rejected(), given.photo_deleted(), given.photo_taken_down()]


def test_a_photo_counts_from_when_it_was_taken() -> None:
    assert set_of(developing_of_user, TAKEN_DUSK, given.photo_filtered()) == {Member(ADA, OF_ADA, DUSK, DUSK, TAKEN)}
    assert counts_of_kind("developing_of_user", TAKEN_DUSK) == {
        Count(ADA, "developing_of_user", OF_ADA, 1, 1, milliseconds(TAKEN))
    }


@pytest.mark.parametrize("end", ENDS, ids=["developed", "rejected", "deleted", "taken down"])
def test_a_photo_that_developed_or_ended_does_not_count_whenever_that_comes(end: Event) -> None:
    ended = {Member(ADA, OF_ADA, DUSK, DUSK, TAKEN, True)}
    assert set_of(developing_of_user, TAKEN_DUSK, end) == set_of(developing_of_user, end, TAKEN_DUSK) == ended
    other = given.photo_taken(photo_id=DAWN, occurred_at=TAKEN)
    assert counts_of_kind("developing_of_user", TAKEN_DUSK, other, end) == {
        Count(ADA, "developing_of_user", OF_ADA, 1, 1, milliseconds(TAKEN))
    }
