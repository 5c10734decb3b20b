"""Folds the events that are measured into the rows that our projections make of them, written by hand."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from events.ids import id_order

Row = tuple[str, tuple[str, ...], tuple[Any, ...], int]  # table, columns, values, stamp
Change = tuple[str, UUID, UUID, UUID, Any]  # begin or end, entity, member, beginning, when it begins
Event = dict[str, Any]
NIL = UUID(int=0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FEED = ("place", "develops_at", "taken_at", "photo_id", "placement_id", "owner_id")
BUCKETS = ("roll_id", "bucket")
TIMES = ("roll_id", "develops_at")
PLACED = ("photo_id", "roll_id", "placement_id", "placed")
DEVELOPED = ("photo_id", "roll_id", "placement_id", "developed", "card_json")
LISTED_CARD = ("place", "develops_at", "taken_at", "photo_id", "card_json")
PLACED_CARD = ("place", "develops_at", "taken_at", "photo_id", "placement_id", "card_json")
DUE = ("bucket", "shard", "photo_id", "done")
BEGUN = ("entity", "shard", "beginning", "member", "begun")
ENDED = ("entity", "shard", "beginning", "member", "ended")
OWNED = ("entity", "shard", "beginning", "member", "within", "times", "latest")
OWN = ("entity", "shard", "beginning", "member", "total", "latest", "position", "epoch")
LISTED = ("entity", "shard", "begun", "member", "beginning")
COUNT = ("entity", "kind", "shard", "generation", "total", "latest")
PROGRESS = ("topic", "partition", "projection", "generation", "offset")

# of a partition's part of a set
SPLITS = {"liked_by": 8, "likers": 2, "photos_in_roll": 2, "developing_in_roll": 2}
BY_TIME = {"likers": "likers_by_time"}


def placed(event: Event, partition: int, stamp: int) -> Iterator[tuple[tuple[Any, ...], Row]]:
    """Folds PhotoAddedToRoll: each row, with what is written together."""
    roll, at, photo = event["roll_id"], event["develops_at"], event["photo_id"]
    bucket = at.strftime("%Y-%m-%d")
    place = f"{roll}/{bucket}"
    values = (place, at, event["taken_at"], photo, event["event_id"], event["owner_id"])
    yield (place,), ("roll_feed", FEED, values, stamp)
    yield (photo,), ("photo", PLACED, (photo, roll, event["event_id"], True), stamp)


def listed(event: Event, stamp: int) -> Iterator[Row]:
    """Folds PhotoAddedToRoll: the rows that are nothing but their key, which begins with the roll."""
    roll, at = event["roll_id"], event["develops_at"]
    yield "roll_feed_buckets", BUCKETS, (roll, at.strftime("%Y-%m-%d")), stamp
    yield "roll_feed_times", TIMES, (roll, at), stamp


def developed(event: Event, partition: int, stamp: int) -> Iterator[tuple[tuple[Any, ...], Row]]:
    """Folds PhotoDeveloped: each row, with what is written together."""
    photo = event["photo_id"]
    at = event["develops_at"]
    bucket = f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}/{photo.int % 8}"
    place, card = f"{event['owner_id']}/{at:%Y-%m}", orjson.dumps(event["card"]).decode()
    yield (photo,), ("photo", DEVELOPED, (photo, NIL, NIL, True, card), stamp)
    yield (place,), ("photos_of_user", LISTED_CARD, (place, at, event["taken_at"], photo, card), stamp)
    yield (bucket, partition), ("develop_due", DUE, (bucket, partition, photo, True), stamp)


def developed_in_roll(event: Event, partition: int, stamp: int) -> Iterator[tuple[tuple[Any, ...], Row]]:
    """Folds PhotoDevelopedInRoll: its row."""
    at = event["develops_at"]
    place = f"{event['roll_id']}/{at:%Y-%m-%d}"
    card = orjson.dumps(event["card"]).decode()
    values = (place, at, event["taken_at"], event["photo_id"], event["placement_id"], card)
    yield (place,), ("roll_feed", PLACED_CARD, values, stamp)


def no_rows(event: Event, partition: int, stamp: int) -> Iterable[tuple[tuple[Any, ...], Row]]:
    """Folds an event of tallies alone."""
    return ()


FOLDS: dict[str, Callable[[Event, int, int], Iterable[tuple[tuple[Any, ...], Row]]]] = {
    "PhotoAddedToRoll": placed,
    "PhotoDeveloped": developed,
    "PhotoDevelopedInRoll": developed_in_roll,
    "PhotoLiked": no_rows,
    "PhotoUnliked": no_rows,
}

CONSTANTS: dict[str, Callable[[Event, int], Iterable[Row]]] = {"PhotoAddedToRoll": listed}


def set_of_roll(event: Event) -> list[tuple[str, Change]]:
    """Makes the changes of sets of PhotoAddedToRoll."""
    change = ("begin", event["roll_id"], event["photo_id"], event["event_id"], event["occurred_at"])
    return [("photos_in_roll", change), ("developing_in_roll", change)]


def set_of_user(event: Event) -> list[tuple[str, Change]]:
    """Makes the changes of sets of PhotoDeveloped."""
    owner, photo = event["owner_id"], event["photo_id"]
    return [
        ("developed_of_user", ("begin", owner, photo, photo, event["occurred_at"])),
        ("developing_of_user", ("end", owner, photo, photo, None)),
    ]


def unset_of_roll(event: Event) -> list[tuple[str, Change]]:
    """Makes the changes of sets of PhotoDevelopedInRoll."""
    return [("developing_in_roll", ("end", event["roll_id"], event["photo_id"], event["placement_id"], None))]


def like(event: Event) -> list[tuple[str, Change]]:
    """Makes the changes of sets of PhotoLiked."""
    photo, liker, like_id, at = event["photo_id"], event["liker_id"], event["event_id"], event["occurred_at"]
    return [("likers", ("begin", photo, liker, like_id, at)), ("liked_by", ("begin", liker, photo, like_id, at))]


def unlike(event: Event) -> list[tuple[str, Change]]:
    """Makes the changes of sets of PhotoUnliked."""
    photo, liker, like_id = event["photo_id"], event["liker_id"], event["like_id"]
    return [("likers", ("end", photo, liker, like_id, None)), ("liked_by", ("end", liker, photo, like_id, None))]


SETS: dict[str, Callable[[Event], list[tuple[str, Change]]]] = {
    "PhotoAddedToRoll": set_of_roll,
    "PhotoDeveloped": set_of_user,
    "PhotoDevelopedInRoll": unset_of_roll,
    "PhotoLiked": like,
    "PhotoUnliked": unlike,
}


class Own:
    """What a member's own row says: the live beginnings with their times (ms), how often it began, and when last."""

    def __init__(self, within: str | None = None, times: int | None = None, latest: int | None = None):
        said = json.loads(within) if within else []
        self.live: dict[UUID, int] = {UUID(beginning): begun for beginning, begun, *_ in said}
        self.times, self.latest, self.changed = times or 0, latest or 0, False

    def row(self, tally: str, entity: UUID, shard: int, member: UUID, stamp: int) -> Row:
        """Makes the row."""
        held = sorted((begun, id_order(beginning), beginning) for beginning, begun in self.live.items())
        said = json.dumps([(beginning.hex, begun, "") for begun, _, beginning in held], separators=(",", ":"))
        values = (entity, shard, member, member, said if held else "", self.times, self.latest)
        return tally, OWNED, values, stamp


def fold_set(
    tally: str, entity: UUID, shard: int, known: Iterable[tuple[Any, ...]], changes: list[tuple[int, Change]]
) -> tuple[list[Row], int, int, int]:
    """Makes a shard's rows after some changes; also its total, its latest (ms) and the stamp of both."""
    total, latest, position = 0, 0, -1
    state: dict[tuple[UUID, UUID], tuple[int | None, bool]] = {}  # member, beginning -> when it began (ms), ended
    owned: dict[UUID, Own] = {}
    for member, beginning, begun, ended, within, times, own_total, own_latest, own_position in known:
        if member == NIL:
            total, latest = own_total or 0, own_latest or 0
            position = -1 if own_position is None else own_position
            continue
        state[member, beginning] = (None if begun is None else in_ms(begun), bool(ended))
        if beginning == member:
            owned[member] = Own(within, times, own_latest)
            if begun is not None and not ended:
                owned[member].live[beginning] = in_ms(begun)
    rows: list[Row] = []
    by_time = BY_TIME.get(tally)
    for offset, (what, _, member, beginning, at) in changes:
        begun, ended = state.get((member, beginning), (None, False))
        own = owned.setdefault(member, Own())
        was = bool(own.live)
        if what == "begin":
            own.times += begun is None
            begun = in_ms(at)
            own.latest = max(own.latest, begun)
            latest = max(latest, int(at.timestamp() * 1000))
            if by_time:
                rows.append((by_time, LISTED, (entity, shard, at, member, beginning), offset * 1024))
            rows.append((tally, BEGUN, (entity, shard, beginning, member, at), offset * 1024))
        else:
            ended = True
            rows.append((tally, ENDED, (entity, shard, beginning, member, True), offset * 1024))
        state[member, beginning] = begun, ended
        if begun is not None and not ended:
            own.live[beginning] = begun
        else:
            own.live.pop(beginning, None)
        own.changed = own.changed or beginning != member
        total += bool(own.live) - was
    end = changes[-1][0]
    rows += [own.row(tally, entity, shard, member, end * 1024) for member, own in owned.items() if own.changed]
    shards = (entity, shard, NIL, NIL, total, latest, max(position, end), 0)
    rows.append((tally, OWN, shards, end * 1024))
    return rows, total, latest, end * 1024


def in_ms(at: datetime) -> int:
    """Makes a time whole milliseconds since 1970."""
    return (at.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


def count_row(tally: str, entity: UUID, shard: int, total: int, latest: int, stamp: int) -> Row:
    """Makes a shard's row in `counts`."""
    return "counts", COUNT, (entity, tally, shard, 1, total, latest), stamp


def progress_row(topic: str, partition: int, projection: str, offset: int) -> Row:
    """Makes the row that says how far a projection has come in a partition."""
    return "progress", PROGRESS, (topic, partition, projection, 1, offset), offset * 1024
