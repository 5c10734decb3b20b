"""How many rows a year each table gains, and their bytes, for so many events of each type a day.

Most rows are one event's alone. Some are shared: a shard's own row and its count by a shard's members, an index's row
by all that is in its bucket. For these there are so many places, and a row for each place that something falls into."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import expm1

from events.generated import Event, PhotoTaken, RollCreated
from ops.partition_plan import ZONES, tallies
from ops.scale.assumptions import DAYS, Assumptions
from ops.scale.costs import Cost
from projections.photos.develop_due import PARTS


@dataclass(frozen=True, slots=True)
class Grown:
    """What a table gains in a year: rows, and bytes of one copy before compression."""

    table: str
    rows: float
    bytes: float


def set_places(a: Assumptions, a_day: Mapping[type[Event], float], partitions: int) -> dict[str, float]:
    """For each tally, how many shards its sets have after a year: each has a row of its own, and a count."""
    photos, rolls = DAYS * a_day[PhotoTaken], DAYS * a_day[RollCreated]
    entities = {
        "followers": a.people,
        "following": a.people,
        "members": rolls,
        "rolls_of_user": a.people,
        "roll_followers": rolls,
        "photos_in_roll": rolls,
        "developing_in_roll": rolls,
        "developed_of_user": a.people,
        "developing_of_user": a.people,
        "liked_by": a.people,
        "likers": photos,
        "commented": photos,
    }
    shards = {one.name: one.splits * (1 if one.keyed_by == "entity" else partitions) for one in tallies()}
    return {name: entities[name] * number for name, number in shards.items()}


def index_places(a: Assumptions, a_day: Mapping[type[Event], float], partitions: int) -> dict[str, float]:
    """For each table that is an index, how many rows it can have after a year."""
    photos, rolls = DAYS * a_day[PhotoTaken], DAYS * a_day[RollCreated]
    return {
        "photos_of_user_buckets": a.people * 12,
        "photos_of_user_times": a.people * DAYS,
        "roll_feed_buckets": rolls * DAYS,
        "roll_feed_times": rolls * DAYS * ZONES,
        "comments_buckets": photos * DAYS * 24,
        "develop_due_buckets": partitions * DAYS * ZONES * PARTS,
        "develop_due_days": partitions * DAYS,
        "removals_due_hours": partitions * DAYS * 24,
    }


def occupied(things: float, rooms: float) -> float:
    """In how many of so many places something is, if things fall into them by chance."""
    return rooms * -expm1(-things / rooms)


def a_year(
    a: Assumptions, a_day: Mapping[type[Event], float], costs: Mapping[type[Event], Cost], partitions: int
) -> list[Grown]:
    """What each table that events fill gains in a year, the largest first."""
    sets, indexes = set_places(a, a_day, partitions), index_places(a, a_day, partitions)
    rows: dict[str, float] = {}
    size: dict[str, float] = {}
    shared: dict[tuple[str, float], tuple[float, int]] = {}  # by table and places: what falls into them, bytes a row
    for kind, cost in costs.items():
        events = DAYS * a_day[kind]
        for one in cost.rows:
            places = sets[one.own] if one.own else indexes.get(one.table)
            if places is None:
                rows[one.table] = rows.get(one.table, 0) + events * one.opened
                size[one.table] = size.get(one.table, 0) + events * one.bytes
            elif one.opened:  # whatever comes behind writes the same cells anew
                things, _ = shared.get((one.table, places), (0.0, 0))
                shared[one.table, places] = things + events, one.bytes
    for (table, places), (things, each) in shared.items():
        number = occupied(things, places)
        rows[table] = rows.get(table, 0) + number
        size[table] = size.get(table, 0) + number * each
    found = [Grown(table, rows[table], size[table]) for table in rows]
    return sorted(found, key=lambda one: one.bytes, reverse=True)
