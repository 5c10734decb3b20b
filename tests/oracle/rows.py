"""Row read models: which columns of which row a fact sets. The later record of a partition wins, column by column."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.oracle.log import Fact

Set = tuple[str, tuple[Any, ...], dict[str, Any]]  # table, whole key, columns
NOBODY = UUID(int=0)

# The projections that are rows, by topic: each has a line in `progress` for every partition of its topic.
ROWS = {
    "accounts": ("users", "users_by_handle"),
    "rolls": ("roll", "invitations"),
    "photos": ("roll_feed", "photo", "photos_of_user", "develop_due", "removals_due"),
    "reactions": ("comments",),
}


def day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def month(at: datetime) -> str:
    return f"{at:%Y-%m}"


def hour(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H}"


def bucket(at: datetime, photo: UUID) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}/{photo.int % 8}"


def place(of: UUID, bucket: str) -> str:
    return f"{of}/{bucket}"


def rows_of(fact: Fact) -> Iterator[Set]:
    """What one fact sets."""
    f = fact.fields
    match fact.topic:
        case "accounts":
            yield from of_person(fact.kind, f)
        case "rolls":
            yield from of_roll(fact.kind, f)
        case "photos":
            yield from of_photo(fact.kind, f, fact.partition)
        case "reactions":
            yield from of_comment(fact.kind, f)
        case _:
            pass


def of_person(kind: str, f: dict[str, Any]) -> Iterator[Set]:
    me = (f["user_id"],)
    match kind:
        case "UserRegistered":
            columns = {name: f[name] for name in ("handle", "handle_hmac", "display_name", "zone")}
            yield "users", me, columns | {"registered_at": f["occurred_at"], "active": True}
            yield "users_by_handle", (f["handle_hmac"], f["user_id"]), {"held": True}
        case "HandleChanged":
            yield "users", me, {"handle": f["handle"], "handle_hmac": f["handle_hmac"]}
            if f["old_handle_hmac"] != f["handle_hmac"]:
                yield "users_by_handle", (f["old_handle_hmac"], f["user_id"]), {"held": False}
            yield "users_by_handle", (f["handle_hmac"], f["user_id"]), {"held": True}
        case "ProfileChanged":
            yield "users", me, changed(f, "avatar_id")
        case "UserDeactivated" | "UserReactivated":
            yield "users", me, {"active": kind == "UserReactivated"}
        case _:
            pass


def of_roll(kind: str, f: dict[str, Any]) -> Iterator[Set]:
    roll = (f["roll_id"],)
    match kind:
        case "RollCreated":
            columns = {name: f[name] for name in ("creator_id", "title", "theme", "visibility")}
            yield "roll", roll, columns | {"created_at": f["occurred_at"]}
        case "RollChanged":
            yield "roll", roll, changed(f, "cover_id")
        case "RollDeleted":
            yield "roll", roll, {"title": "", "cover_id": NOBODY, "deleted": True}
        case "MemberInvited":
            columns = {"invited_by": f["actor_id"], "invited_at": f["occurred_at"]}
            yield "invitations", (f["member_id"], f["roll_id"]), columns
        case _:
            pass


def changed(f: dict[str, Any], of_id: str) -> dict[str, Any]:
    """What a *Changed fact lists in `changed`: null clears, to empty text or the nil id."""
    cleared = {name: NOBODY if name == of_id else "" for name in f["changed"]}
    return {name: cleared[name] if f[name] is None else f[name] for name in f["changed"]}


ENDS = {"PhotoDeleted": ("deleted", True), "PhotoTakenDown": ("taken_down", True)}


def of_photo(kind: str, f: dict[str, Any], partition: int) -> Iterator[Set]:
    photo, owner = f["photo_id"], f["owner_id"]
    if kind in ("PhotoAddedToRoll", "PhotoRemovedFromRoll"):
        yield from of_placement(kind, f)
        return
    if kind == "PhotoDevelopedInRoll":
        if f["card"] and f["taken_at"] and f["develops_at"]:
            at = f["develops_at"]
            feed = (place(f["roll_id"], day(at)), at, f["taken_at"], photo, f["placement_id"])
            yield "roll_feed", feed, {"card_json": as_json(f["card"])}
        return
    at = f["develops_at"]
    due = (bucket(at, photo), partition, photo)
    if kind in ("PhotoRejected", "PhotoDeleted", "PhotoTakenDown"):
        yield "removals_due", (hour(f["occurred_at"]), partition, photo), {}
        yield "removals_due_hours", (partition, hour(f["occurred_at"])), {}
    match kind:
        case "PhotoTaken":
            names = ("owner_id", "taken_at", "develops_at", "on_profile", "object_key", "etag")
            yield "photo", (photo, NOBODY, NOBODY), {name: f[name] for name in names}
            listed = (place(owner, month(at)), at, f["taken_at"], photo)
            yield "photos_of_user", listed, {"on_profile": f["on_profile"]}
            yield "photos_of_user_buckets", (owner, month(at)), {}
            yield "photos_of_user_times", (owner, at), {}
            yield "develop_due", due, {name: f[name] for name in ("owner_id", "taken_at", "develops_at", "on_profile")}
            yield "develop_due_buckets", (partition, day(at), bucket(at, photo)), {}
            yield "develop_due_days", (partition, day(at)), {}
        case "PhotoFiltered":
            card = {"filter_version": f["filter_version"], "blurhash": f["blurhash"]}
            for size in ("full", "feed", "thumb"):
                card |= {f"{size}_{side}": f[size][side] for side in ("width", "height")}
            yield "photo", (photo, NOBODY, NOBODY), {"filtered": True}
            yield "develop_due", due, {"card_json": as_json(card)}
        case "PhotoRejected":
            yield "photos_of_user", (place(owner, month(at)), at, f["taken_at"], photo), {"rejected": True}
            yield "photo", (photo, NOBODY, NOBODY), {"rejected_reason": f["reason"]}
            yield "develop_due", due, {"done": True}
        case "PhotoDeveloped":
            card = {"card_json": as_json(f["card"])} if f["card"] else {}
            yield "photo", (photo, NOBODY, NOBODY), {"developed": True} | card
            if card:
                yield "photos_of_user", (place(owner, month(at)), at, f["taken_at"], photo), card
            yield "develop_due", due, {"done": True}
        case "PhotoDeleted" | "PhotoTakenDown":
            yield "photo", (photo, NOBODY, NOBODY), dict([ENDS[kind]])
            yield "develop_due", due, {"done": True}
            yield "photos_of_user", (place(owner, month(at)), at, f["taken_at"], photo), {"ended": True}
        case _:
            pass


def as_json(card: dict[str, Any]) -> str:
    """A card's column."""
    return json.dumps(card, separators=(",", ":"), ensure_ascii=False)


def of_placement(kind: str, f: dict[str, Any]) -> Iterator[Set]:
    began = kind == "PhotoAddedToRoll"
    placement = f["event_id"] if began else f["placement_id"]
    at = f["develops_at"]
    feed = (place(f["roll_id"], day(at)), at, f["taken_at"], f["photo_id"], placement)
    yield "roll_feed", feed, {"owner_id": f["owner_id"]} if began else {"ended": True}
    if began:
        yield "roll_feed_buckets", (f["roll_id"], day(at)), {}
        yield "roll_feed_times", (f["roll_id"], at), {}
    yield "photo", (f["photo_id"], f["roll_id"], placement), {"placed" if began else "unplaced": True}


def of_comment(kind: str, f: dict[str, Any]) -> Iterator[Set]:
    match kind:
        case "CommentPosted":
            at = f["occurred_at"]
            key = (place(f["photo_id"], hour(at)), at, f["event_id"])
            yield "comments", key, {"author_id": f["author_id"], "text": f["text"]}
            yield "comments_buckets", (f["photo_id"], hour(at)), {}
        case "CommentDeleted":
            at = f["posted_at"]
            yield "comments", (place(f["photo_id"], hour(at)), at, f["comment_id"]), {"text": "", "deleted": True}
        case _:
            pass
