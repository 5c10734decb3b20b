"""Given what happened to a roll, its row says what it is called, who may see it and whether it stands."""

from projections.rolls.roll import ROLL, Roll
from tests import given
from tests.given import ADA, DUSK, LAKE, NOON, minutes
from tests.projections.rows import rows

NIL = given.UUID(int=0)
CREATED = given.roll_created()


def test_a_roll_that_was_created_has_no_cover_and_stands() -> None:
    assert rows(ROLL, CREATED) == {Roll(LAKE, ADA, "Lake", "summer", "public", None, NOON, None)}


def test_a_change_sets_the_fields_that_it_lists_and_no_others() -> None:
    private = given.roll_changed(visibility="private", theme="wedding", changed=("visibility",))
    covered = given.roll_changed(title="The lake", cover_id=DUSK)
    assert rows(ROLL, CREATED, private) == {Roll(LAKE, ADA, "Lake", "summer", "private", None, NOON, None)}
    assert rows(ROLL, CREATED, private, covered) == {Roll(LAKE, ADA, "The lake", "summer", "private", DUSK, NOON, None)}


def test_a_field_that_is_listed_and_null_is_cleared() -> None:
    covered = given.roll_changed(cover_id=DUSK)
    cleared = given.roll_changed(cover_id=None, theme=None)
    assert rows(ROLL, CREATED, covered, cleared) == {Roll(LAKE, ADA, "Lake", "", "public", NIL, NOON, None)}


def test_a_deleted_roll_has_no_title_and_no_cover_and_stays_deleted() -> None:
    deleted = Roll(LAKE, ADA, "", "summer", "public", NIL, NOON, True)
    covered, ended = given.roll_changed(cover_id=DUSK), given.roll_deleted()
    assert rows(ROLL, CREATED, covered, ended) == {deleted}
    assert rows(ROLL, CREATED, ended, given.roll_changed(theme="summer", occurred_at=minutes(1))) == {deleted}


def test_a_roll_whose_end_alone_is_known_has_no_creator() -> None:
    assert rows(ROLL, given.roll_deleted()) == {Roll(LAKE, title="", cover_id=NIL, deleted=True)}
