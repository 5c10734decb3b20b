"""Given what happened to a photo, its row says what is known of it, and its ends are never undone."""

import pytest

from events.generated import Event
from events.ids import NIL
from projections.photos.card import card_json
from projections.photos.photo import PHOTO, Photo
from tests import given
from tests.given import ADA, CARD, DUSK, MORNING, TAKEN
from tests.projections.rows import rows

EVERYTHING = (given.photo_taken(), given.photo_filtered(), given.photo_developed())


def dusk(**changes: object) -> Photo:
    """The photo's row when it was taken, and these columns."""
    return Photo(DUSK, NIL, NIL, ADA, TAKEN, MORNING, False, "upload of dusk", "etag of dusk", **changes)  # type: ignore[arg-type]


DEVELOPED = {"filtered": True, "card_json": card_json(CARD), "developed": True}


def test_a_photo_that_was_taken_has_no_images_and_has_not_developed() -> None:
    (row,) = rows(PHOTO, given.photo_taken())
    assert row == dusk()
    assert row.developing
    assert not row.ended


def test_a_photo_for_the_profile_says_so() -> None:
    (row,) = rows(PHOTO, given.photo_taken(on_profile=True))
    assert row.on_profile is True


def test_a_filtered_photo_develops_still_and_its_row_says_nothing_of_its_pictures() -> None:
    (row,) = rows(PHOTO, given.photo_taken(), given.photo_filtered())
    assert row == dusk(filtered=True)
    assert row.card is None
    assert row.developing


def test_a_developed_photo_has_its_card_and_is_not_developing_any_more() -> None:
    (row,) = rows(PHOTO, *EVERYTHING)
    assert row == dusk(**DEVELOPED)
    assert row.card == CARD
    assert not row.developing
    assert not row.ended


@pytest.mark.parametrize(
    ("end", "column"),
    [
        (given.photo_rejected(), {"rejected_reason": "It is too large."}),
        (given.photo_rejected(reason=""), {"rejected_reason": "size"}),
        (given.photo_deleted(), {"deleted": True}),
        (given.photo_taken_down(), {"taken_down": True}),
    ],
    ids=["rejected", "rejected without words", "deleted", "taken down"],
)
def test_an_end_stays_whatever_comes_after_it(end: Event, column: dict[str, object]) -> None:
    (row,) = rows(PHOTO, given.photo_taken(), end)
    assert row == dusk(**column)
    assert row.ended
    assert not row.developing
    assert rows(PHOTO, end, *EVERYTHING) == {dusk(**DEVELOPED, **column)}
    assert rows(PHOTO, end) == {Photo(DUSK, **column)}  # type: ignore[arg-type]
