"""How large the tables' partitions become, by their own definitions, for given extremes: `darkroom plan partitions`.

A partition that is too large makes every read of it slow, and its compaction and repair too. So each table has a rule
here, which says how many rows a partition of it has at most; a test demands one of each table. Bytes follow from the
columns. It is an estimate on the high side, before compression."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, sqrt
from typing import Any
from uuid import UUID

from processors.catalog import every_table, reactors
from producers.limits import BIO, COMMENT, DISPLAY_NAME, FOLLOWED_PEOPLE, ROLLS_A_PERSON, ROLLS_A_PHOTO, TITLE
from projections.catalog import PROJECTIONS
from projections.photos.develop_due import PARTS
from projections.store.table import Table
from projections.tally.tally import Tally

MOST_ROWS, MOST_BYTES = 100_000, 100_000_000

FIXED_BYTES: Mapping[type, int] = {UUID: 16, int: 8, bool: 1, datetime: 8}
TEXT_BYTES = 64  # of a text that isn't among these, by column
TEXTS_BYTES = {
    "within": 70,
    "text": COMMENT,
    "bio": BIO,
    "title": TITLE,
    "display_name": DISPLAY_NAME,
    "card_json": 300,
}
ROW_BYTES, CELL_BYTES = 16, 12  # beside the values: lengths, flags and stamps
REPEATED = 200  # how often somebody may begin the same thing anew
ZONES = 38  # in which it is nine o'clock at different times
DEVIATIONS = 4  # by which the largest of some hundred shards is above their mean


def extreme(default: int, of: str) -> Any:
    """A field of Extremes, with what it counts."""
    return field(default=default, metadata={"of": of})


@dataclass(frozen=True)
class Extremes:
    """The largest numbers that the tables are to bear."""

    followers: int = extreme(50_000_000, "followers of a person")
    likes: int = extreme(5_000_000, "likes of a photo")
    due: int = extreme(300_000, "photos that develop in one minute")
    members: int = extreme(1_000_000, "members of a roll")
    roll_followers: int = extreme(5_000_000, "followers of a roll")
    roll_photos: int = extreme(5_000_000, "photos of a roll, 50 of a member")
    roll_photos_a_day: int = extreme(90_000, "photos of a roll that develop on one day")
    comments: int = extreme(1_000_000, "comments on a photo, 10 of a person")
    comments_an_hour: int = extreme(75_000, "comments on a photo in one hour")
    own_likes: int = extreme(360_000, "photos that a person likes: a hundred a day for ten years")
    own_photos: int = extreme(90_000, "photos of a person: 25 a day for ten years")
    own_photos_a_month: int = extreme(10_000, "photos of a person that develop in one month")
    ends_an_hour: int = extreme(1_000_000, "photos that are deleted, rejected or taken down in one hour")
    years: int = extreme(5, "years for which it has all gone on")


@dataclass(frozen=True)
class Planned:
    """The largest partition of a table."""

    table: str
    key: tuple[str, ...]
    rows: int
    bytes: int

    @property
    def too_large(self) -> bool:
        """Whether it is beyond what a partition may have."""
        return self.rows > MOST_ROWS or self.bytes > MOST_BYTES


Sizes = Mapping[str, tuple[int, int]]  # by a tally: members of the largest set, and how many of them come from a person


def largest_sets(x: Extremes) -> Sizes:
    """The largest set of each tally."""
    return {
        "followers": (x.followers, 1),
        "following": (FOLLOWED_PEOPLE, 1),
        "members": (x.members, 1),
        "rolls_of_user": (ROLLS_A_PERSON, 1),
        "roll_followers": (x.roll_followers, 1),
        "photos_in_roll": (x.roll_photos, 50),
        "developing_in_roll": (x.roll_photos, 50),
        "developed_of_user": (x.own_photos, 1),
        "developing_of_user": (x.own_photos, 1),
        "liked_by": (x.own_likes, 1),
        "likers": (x.likes, 1),
        "commented": (x.comments, 10),
    }


# Sets of which each member has one beginning, under its own id: that row is the member's own.
ONCE = {"developed_of_user", "developing_of_user", "commented"}


def shard_members(tally: Tally, size: int, together: int, partitions: int) -> int:
    """The members of the largest shard of a set.

    People are spread over the log's partitions by a hash, and members over a partition's splits by another. Where each
    person has `together` members in the set, shards differ the more."""
    people = 1 if tally.keyed_by == "entity" else partitions
    return spread(size, people * tally.splits, together if people > 1 else 1)


def spread(size: int, parts: int, together: int = 1) -> int:
    """The largest part, if things are thrown into parts by a hash, `together` at a time."""
    mean = size / parts
    return min(size, ceil(mean + DEVIATIONS * sqrt(mean * together))) if parts > 1 else size


def row_rules(x: Extremes, partitions: int) -> dict[str, int]:
    """The rows of the largest partition of each table that isn't a tally's."""
    days, hours = 366 * x.years, 8784 * x.years
    apps = len(PROJECTIONS) + len(reactors())
    return {
        "users": 1,
        "users_by_handle": 1_000,  # who ever held a handle
        "invitations": 10_000,  # of a person, to as many rolls
        "roll": 1,
        "photo": 1 + ROLLS_A_PHOTO * REPEATED,
        "photos_of_user": x.own_photos_a_month,
        "photos_of_user_buckets": 12 * x.years,
        "photos_of_user_times": x.own_photos,
        "roll_feed": x.roll_photos_a_day,
        "roll_feed_buckets": days,
        "roll_feed_times": ZONES * days,
        "develop_due": spread(x.due, partitions * PARTS),
        "develop_due_buckets": ZONES * PARTS,
        "develop_due_days": days,
        "removals_due": spread(x.ends_an_hour, partitions),
        "removals_due_hours": hours,
        "comments": x.comments_an_hour,
        "comments_buckets": hours,
        "counts": sum((1 if one.keyed_by == "entity" else partitions) * one.splits for one in tallies()),
        "progress": 2 * apps,  # while each is being rebuilt into its next generation
        "topic_partitions": 1,
        "expand_closings": 1,
        "cleanup_low_water": 1,
        "develop_low_water": 1,
    }


def tallies() -> list[Tally]:
    """Every tally."""
    return [each for each in PROJECTIONS if isinstance(each, Tally)]


def plan(x: Extremes, partitions: int, of: Callable[[], Sequence[Tally]] = tallies) -> list[Planned]:
    """The largest partition of every table, where each topic has so many partitions.

    `of`: gives the tallies. Raises LookupError for a table without a rule."""
    rows, sizes = row_rules(x, partitions), largest_sets(x)
    for tally in of():
        members = shard_members(tally, *sizes[tally.name], partitions)
        rows |= {table.name: members for table in tally.tables}
        rows[tally.members.name] = 1 + members * (1 if tally.name in ONCE else 2)  # the shard's own row, and members'
    return [
        Planned(table.name, table.partition, rows[table.name], rows[table.name] * row_bytes(table))
        for table in every_table()
    ]


def row_bytes(table: Table) -> int:
    """About how many bytes a row takes, all of its columns set; the partition key is there once."""
    values = (name for name in table.columns if name not in table.partition)
    cells = len(table.columns) - len(table.key)
    return ROW_BYTES + CELL_BYTES * cells + sum(value_bytes(table, name) for name in values)


def value_bytes(table: Table, column: str) -> int:
    """About how many bytes a value takes."""
    kind = table.types[column]
    return TEXTS_BYTES.get(column, TEXT_BYTES) if kind is str else FIXED_BYTES[kind]
