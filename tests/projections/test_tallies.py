"""Every tally, literally: its topic, whose facts feed it, and the tables that it has."""

import pytest

from projections.catalog import PROJECTIONS, of_topic
from projections.tally.tally import Tally

TALLIES = [each for each in PROJECTIONS if isinstance(each, Tally)]
EXPECTED = {
    "followers": ("graph", "member", ["followers", "followers_by_time"]),
    "following": ("graph", "entity", ["following", "following_by_time"]),
    "roll_followers": ("rolls", "member", ["roll_followers", "roll_followers_by_time"]),
    "members": ("rolls", "member", ["members", "members_by_time"]),
    "rolls_of_user": ("rolls", "entity", ["rolls_of_user", "rolls_of_user_by_time"]),
    "likers": ("reactions", "member", ["likers", "likers_by_time"]),
    "commented": ("reactions", "other", ["commented"]),
    "photos_in_roll": ("photos", "other", ["photos_in_roll"]),
    "developing_in_roll": ("photos", "other", ["developing_in_roll"]),
    "developed_of_user": ("photos", "entity", ["developed_of_user"]),
    "developing_of_user": ("photos", "entity", ["developing_of_user"]),
}


def test_every_tally_is_listed_here() -> None:
    assert {tally.name for tally in TALLIES} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_tally_is_fed_by_a_topic_keyed_by_somebody_and_kept_in_tables(name: str) -> None:
    [tally] = [each for each in of_topic(EXPECTED[name][0]) if each.name == name]
    assert isinstance(tally, Tally)
    tables = [table.name for table in tally.tables]
    assert tally.topics == [EXPECTED[name][0]]
    assert (tally.keyed_by, tables) == EXPECTED[name][1:]
