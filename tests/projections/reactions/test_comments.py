"""Given what was written about a photo, `comments` holds it by hour, and only what stands is counted."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.generated import Event
from projections.reactions.comments import COMMENTS, COMMENTS_BUCKETS, Comment, CommentHour, commented, comments_on
from projections.tally.counts import Count
from projections.tally.tally import Member
from tests import given
from tests.given import BO, CY, DUSK, NOON, minutes
from tests.projections.rows import OF_BO, OF_CY, counts_of_kind, milliseconds, rows, set_of, stored

pytestmark = pytest.mark.anyio

POSTED, DELETED = given.comment_posted(), given.comment_deleted()
BY_CY = given.comment_posted(author_id=CY, text="Where is it?", occurred_at=minutes(3))
LAST_OF_THE_HOUR = datetime(2026, 6, 30, 22, 59, 59, 999_000, tzinfo=UTC)
NEXT_HOUR = LAST_OF_THE_HOUR + timedelta(milliseconds=1)


def test_a_comment_is_kept_in_its_hour() -> None:
    assert rows(COMMENTS, POSTED) == {
        Comment(f"{DUSK}/2026-06-19T12", NOON, POSTED.event_id, BO, "What a light!", None)
    }
    assert rows(COMMENTS_BUCKETS, POSTED) == {CommentHour(DUSK, "2026-06-19T12")}


def test_hours_are_those_of_utc() -> None:
    events = [given.comment_posted(occurred_at=at) for at in (LAST_OF_THE_HOUR, NEXT_HOUR)]
    assert {(row.place, row.posted_at) for row in rows(COMMENTS, *events)} == {
        (f"{DUSK}/2026-06-30T22", LAST_OF_THE_HOUR),
        (f"{DUSK}/2026-06-30T23", NEXT_HOUR),
    }
    assert {row.photo_id for row in rows(COMMENTS, *events)} == {DUSK}
    assert rows(COMMENTS_BUCKETS, *events) == {CommentHour(DUSK, "2026-06-30T22"), CommentHour(DUSK, "2026-06-30T23")}


def test_a_deleted_comment_has_no_text_any_more() -> None:
    gone = Comment(f"{DUSK}/2026-06-19T12", NOON, POSTED.event_id, BO, "", True)
    assert rows(COMMENTS, POSTED, DELETED) == {gone}
    assert rows(COMMENTS, DELETED) == {Comment(f"{DUSK}/2026-06-19T12", NOON, POSTED.event_id, None, "", True)}
    assert rows(COMMENTS_BUCKETS, DELETED) == set()


def test_a_comment_is_a_member_of_its_own_and_two_by_one_person_count_as_two() -> None:
    second = given.comment_posted(text="Again", occurred_at=minutes(1))
    assert set_of(commented, POSTED, second) == {
        Member(DUSK, OF_BO, POSTED.event_id, POSTED.event_id, NOON),
        Member(DUSK, OF_BO, second.event_id, second.event_id, minutes(1)),
    }
    assert counts_of_kind("commented", POSTED, second, BY_CY) == {
        Count(DUSK, "commented", OF_BO, 1, 2, milliseconds(minutes(1))),
        Count(DUSK, "commented", OF_CY, 1, 1, milliseconds(minutes(3))),
    }


def test_a_deleted_comment_does_not_count() -> None:
    assert set_of(commented, POSTED, DELETED) == {
        Member(DUSK, OF_BO, POSTED.event_id, POSTED.event_id, NOON, True),
    }
    assert counts_of_kind("commented", POSTED, DELETED) == {Count(DUSK, "commented", OF_BO, 1, 0, milliseconds(NOON))}


async def test_comments_are_read_newest_first_from_any_place_on_deleted_ones_too() -> None:
    ats = [LAST_OF_THE_HOUR - timedelta(days=40), LAST_OF_THE_HOUR - timedelta(days=1), LAST_OF_THE_HOUR, NEXT_HOUR]
    events = [given.comment_posted(occurred_at=at, text=str(at)) for at in ats]
    gone = given.comment_posted(occurred_at=minutes(0))
    end = given.comment_deleted(comment_id=gone.event_id, posted_at=gone.occurred_at)
    early = given.comment_deleted(comment_id=given.named("not yet posted"), posted_at=minutes(7))

    async def read(after: tuple[datetime, UUID] | tuple[()], size: int) -> list[UUID]:
        found = await comments_on(store, DUSK, after, size)
        assert all(bool(row.deleted) == (row.comment_id in (gone.event_id, early.comment_id)) for row in found)
        return [row.comment_id for row in found if not row.deleted]

    history: list[Event] = [*events, gone, end, early]
    store = await stored(*history)
    newest = [event.event_id for event in reversed(events)]
    for size in (1, 2, 50):
        assert await read((), size) == newest[:size]
    for place, event in enumerate(reversed(events), 1):
        assert await read((event.occurred_at, event.event_id), 50) == newest[place:]
