"""Tables, stamps and the sums of counts: what holds for the rows of every read model."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from events.ids import NIL
from events.personal import ERASED
from projections.accounts.users import USERS
from projections.progress import PROGRESS, lowest_offset, progress_rows
from projections.reactions.comments import COMMENTS
from projections.store.table import Stamped, Table, Upsert, partition_key, positions_of, stamp_of
from projections.tally.counts import Count, Counts, summed
from tests.given import ADA, BO, NOON, minutes
from tests.projections.rows import milliseconds


@dataclass(frozen=True)
class Entry:
    """A row of a table made up here."""

    person: UUID
    day: str
    at: datetime
    number: int
    seen: bool | None = None
    told_at: datetime | None = None


def test_a_stamp_has_room_for_1024_epochs_of_each_offset() -> None:
    assert (stamp_of(0), stamp_of(1), stamp_of(7, epoch=3), stamp_of(7, epoch=1023)) == (0, 1024, 7171, 8191)
    for epoch in (-1, 1024):
        with pytest.raises(ValueError, match=f"epoch {epoch} isn't below 1024"):
            stamp_of(7, epoch=epoch)


def test_a_tables_key_is_made_of_its_first_columns() -> None:
    table = Table("entries", Entry, partition=2, clustering=2)
    assert (table.partition, table.clustering) == (("person", "day"), ("at", "number"))
    assert table.key == ("person", "day", "at", "number")
    assert table.types == {
        "person": UUID, "day": str, "at": datetime, "number": int, "seen": bool, "told_at": datetime,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "ddl"),
    [
        (
            Table("entries", Entry, partition=2, clustering=2, descending=True),
            "CREATE TABLE IF NOT EXISTS entries_1 (person uuid, day text, at timestamp, number bigint, seen boolean,"
            " told_at timestamp, PRIMARY KEY ((person, day), at, number)) WITH CLUSTERING ORDER BY (at DESC, number"
            " DESC) AND compaction = {'class': 'UnifiedCompactionStrategy'}",
        ),
        (
            Table("entries", Entry, partition=1),
            "CREATE TABLE IF NOT EXISTS entries_1 (person uuid, day text, at timestamp, number bigint, seen boolean,"
            " told_at timestamp, PRIMARY KEY ((person))) WITH compaction = {'class': 'UnifiedCompactionStrategy'}",
        ),
    ],
)
def test_a_table_is_made_with_this_statement(table: Table, ddl: str) -> None:
    assert table.ddl("entries_1") == ddl


def test_a_row_is_read_with_its_times_in_utc() -> None:
    table, naive = Table("entries", Entry, partition=2, clustering=2), NOON.replace(tzinfo=None)
    assert table.read((ADA, "day", naive, 7, True, None)) == Entry(ADA, "day", NOON, 7, True, None)
    assert table.read((ADA, "day", naive, 7, None, naive)) == Entry(ADA, "day", NOON, 7, None, NOON)
    assert Table("counts", Count, partition=1, clustering=3).read((ADA, "kind", 1, 2, 3, 4)) == Count(
        ADA, "kind", 1, 2, 3, 4
    )


def test_an_upsert_keeps_its_columns_in_the_order_given_and_erased_text_as_empty() -> None:
    upsert = USERS.upsert(bio=ERASED, user_id=ADA, active=False)
    assert upsert == Upsert(USERS, ("bio", "user_id", "active"), ("", ADA, False))
    assert (upsert["bio"], upsert["user_id"], upsert["active"]) == ("", ADA, False)
    assert partition_key(upsert) == (ADA,)
    assert partition_key(COMMENTS.upsert(comment_id=BO, posted_at=NOON, place="ada/2026-06")) == ("ada/2026-06",)
    assert positions_of(("a", "b", "c"), ("c", "a")) == (2, 0)


def test_an_upsert_without_its_key_or_with_another_column_or_a_null_is_refused() -> None:
    with pytest.raises(ValueError, match=r"comments lacks its key \['comment_id', 'posted_at'\]"):
        COMMENTS.upsert(place="ada/2026-06")
    with pytest.raises(ValueError, match=r"users has no column \['surname'\]"):
        USERS.upsert(user_id=ADA, surname="x")
    with pytest.raises(ValueError, match=r"users\.bio is null"):
        USERS.upsert(user_id=ADA, bio=None)


def test_progress_is_one_row_for_each_projection_stamped_by_the_offset_it_is_at() -> None:
    assert progress_rows("photos", 3, [("photo", 1), ("roll_feed", 2)], offset=41) == [
        Stamped(
            PROGRESS.upsert(
                topic="photos",
                partition=3,
                projection=name,
                generation=generation,
                offset=41,
                synced=41,
                nodes="",
                record="",
                epoch=0,
            ),
            41 * 1024,
        )
        for name, generation in (("photo", 1), ("roll_feed", 2))
    ]


def test_a_worker_starts_where_the_last_of_its_projections_is() -> None:
    known = {("photo", 1): 9, ("photo", 2): 3, ("roll_feed", 1): 7}
    assert lowest_offset(known, [("photo", 1), ("roll_feed", 1)]) == 7
    assert lowest_offset(known, [("photo", 2), ("roll_feed", 1)]) == 3
    assert lowest_offset(known, [("photo", 1), ("another", 1)]) == 0
    assert lowest_offset(known, []) == 0


def test_counts_are_sums_over_shards_with_the_latest_time_of_any() -> None:
    rows = [
        Count(ADA, "likes", 0, 1, 2, milliseconds(minutes(5))),
        Count(ADA, "likes", 3, 1, 3, milliseconds(NOON)),
        Count(ADA, "likes", 4, 1),
        Count(ADA, "comments", 0, 1, 0, 0),
        Count(ADA, "comments", 1, 2, 7, 1500),
    ]
    counts = summed(rows)
    assert counts == Counts({"likes": 5, "comments": 0}, {"likes": minutes(5)})
    assert (counts["likes"], counts["comments"], counts["follows"]) == (5, 0, 0)


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    oslo = NOON.astimezone(timezone(timedelta(hours=2)))
    assert USERS.upsert(user_id=NIL, registered_at=oslo)["registered_at"] == NOON
