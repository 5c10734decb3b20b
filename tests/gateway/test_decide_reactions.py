"""Likes and comments: the exact facts, and both sides of every condition."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from events.generated import CommentDeleted, CommentPosted, PhotoLiked, PhotoUnliked
from producers.decide.decision import Decision
from producers.decide.reactions import comment, delete_comment, like, shown, unlike
from projections.buckets import place_of
from projections.photos.photo import Photo
from projections.reactions.comments import Comment
from tests.gateway.deciding import DEVELOPING, NEWER, OLDER, PHOTO, command, derived, first_fields, live, refusal
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, CAT, one

POSTED = NOW - timedelta(days=3)
BY_BOB = Comment(place_of(PHOTO.photo_id, "2026-06"), POSTED, one("comment"), BOB, "What light!")
NO_COMMENT = (404, "There is no such comment.")
NOT_YOURS = (403, "Only its author, or who took the photo, may delete a comment.")
ENDED = (409, "This photo is no longer shown.")


def test_a_like_is_one_fact_with_the_requests_id() -> None:
    event_id = derived("PhotoLiked")
    event = PhotoLiked(**first_fields(event_id, BOB), photo_id=PHOTO.photo_id, liker_id=BOB)
    assert like(command(BOB), PHOTO, []) == Decision(id=event_id, event_id=event_id, events=(event,))


def test_a_like_that_stands_changes_nothing_and_names_the_oldest_beginning() -> None:
    assert like(command(BOB), PHOTO, [live(OLDER), live(NEWER)]) == Decision(id=OLDER, event_id=OLDER)


def test_taking_a_like_back_ends_each_beginning_with_a_fact_of_its_own() -> None:
    events = tuple(
        PhotoUnliked(
            **first_fields(derived("PhotoUnliked", beginning), BOB),
            photo_id=PHOTO.photo_id,
            liker_id=BOB,
            like_id=beginning,
        )
        for beginning in (OLDER, NEWER)
    )
    decision = unlike(command(BOB), PHOTO.photo_id, [live(OLDER), live(NEWER)])
    assert decision == Decision(id=OLDER, event_id=events[0].event_id, events=events)


def test_a_like_that_there_is_not_is_not_taken_back() -> None:
    assert refusal(unlike, command(BOB), PHOTO.photo_id, []) == (404, "You don't like this photo.")


def test_a_comment_is_one_fact_with_the_requests_id() -> None:
    event_id = derived("CommentPosted")
    event = CommentPosted(**first_fields(event_id, BOB), photo_id=PHOTO.photo_id, author_id=BOB, text="What light!")
    assert comment(command(BOB), PHOTO, "What light!") == Decision(id=event_id, event_id=event_id, events=(event,))


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        (None, (404, "There is no such photo.")),
        (DEVELOPING, (409, "This photo hasn't developed yet.")),
        (replace(PHOTO, deleted=True), ENDED),
        (replace(PHOTO, taken_down=True), ENDED),
        (replace(PHOTO, rejected_reason="not an image"), ENDED),
        (replace(DEVELOPING, rejected_reason="not an image"), ENDED),
    ],
)
def test_only_a_photo_that_is_there_to_look_at_is_reacted_to(photo: Photo | None, expected: tuple[int, str]) -> None:
    assert refusal(shown, photo) == expected
    assert refusal(like, command(BOB), photo, [live(OLDER)]) == expected
    assert refusal(comment, command(BOB), photo, "What light!") == expected


@pytest.mark.parametrize(
    ("who", "photo"),
    [
        (BOB, PHOTO),
        (BOB, None),  # its author may, though they can't see the photo any more
        (ADA, PHOTO),  # who took the photo may
        (ADA, replace(PHOTO, rejected_reason="not an image")),
    ],
)
def test_a_comment_is_deleted_by_its_author_or_who_took_the_photo(who: UUID, photo: Photo | None) -> None:
    event = CommentDeleted(
        **first_fields(derived("CommentDeleted"), who),
        photo_id=PHOTO.photo_id,
        author_id=BOB,
        comment_id=one("comment"),
        posted_at=POSTED,
    )
    decision = delete_comment(command(who), photo, BY_BOB)
    assert decision == Decision(id=one("comment"), event_id=event.event_id, events=(event,))


def test_others_delete_no_comment_and_are_told_so_if_they_see_the_photo() -> None:
    assert refusal(delete_comment, command(CAT), PHOTO, BY_BOB) == NOT_YOURS
    assert refusal(delete_comment, command(CAT), None, BY_BOB) == NO_COMMENT
    assert refusal(delete_comment, command(ADA), None, BY_BOB) == NO_COMMENT
    assert refusal(delete_comment, command(ADA), replace(PHOTO, owner_id=CAT), BY_BOB) == NOT_YOURS


@pytest.mark.parametrize("row", [None, replace(BY_BOB, author_id=None), replace(BY_BOB, deleted=True)])
def test_a_comment_that_does_not_stand_is_not_deleted_by_anybody(row: Comment | None) -> None:
    assert refusal(delete_comment, command(BOB), PHOTO, row) == NO_COMMENT
    assert refusal(delete_comment, command(ADA), PHOTO, row) == NO_COMMENT
