"""Sets and their sizes: who follows, likes, is a member. A beginning and its end are known by the beginning's id.

A member is in a set while one of its beginnings hasn't ended. A set's shards are as the partitions of the log that its
facts are in, each of them cut by the members' ids into as many as the set says; its size is counted from its members,
never added to.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.oracle.log import Fact

NOBODY = UUID(int=0)
AT_ONCE = 8  # by so many beginnings a member may be in a set; one beyond is over as it begins
Place = tuple[UUID, int]  # entity, shard
Names = tuple[str, str, str]  # the fields with the entity, the member and the beginning's id


@dataclass(frozen=True)
class Spec:
    """One set: its table, which is also the kind of its count, and which facts begin, end or mark its members."""

    table: str
    topic: str
    begins: dict[str, Names]
    ends: dict[str, Names]
    marks: dict[str, Names] = field(default_factory=dict[str, Names])
    listed: bool = True
    splits: int = 1


def membership(entity: str, member: str) -> dict[str, Any]:
    """What `members` and `rolls_of_user` are made of, seen from either side."""
    of_old = (entity, member, "membership_id")
    return {
        "begins": {"MemberJoined": (entity, member, "event_id")},
        "ends": {"MemberLeft": of_old, "MemberRemoved": of_old},
        "marks": {"MemberRoleChanged": of_old},
    }


def pair(begin: str, end: str, entity: str, member: str, identity: str) -> dict[str, Any]:
    """A set with one fact that begins and one that ends."""
    return {"begins": {begin: (entity, member, "event_id")}, "ends": {end: (entity, member, identity)}}


FOLLOW = ("UserFollowed", "UserUnfollowed")
ADDED = {"PhotoAddedToRoll": ("roll_id", "photo_id", "event_id")}
OUT_OF_ROLL = ("roll_id", "photo_id", "placement_id")
OF_OWNER = ("owner_id", "photo_id", "photo_id")
SETS = (
    Spec("followers", "graph", **pair(*FOLLOW, "followee_id", "follower_id", "follow_id"), splits=20),
    Spec("following", "graph", **pair(*FOLLOW, "follower_id", "followee_id", "follow_id")),
    Spec("likers", "reactions", **pair("PhotoLiked", "PhotoUnliked", "photo_id", "liker_id", "like_id"), splits=2),
    Spec(
        "liked_by",
        "reactions",
        **pair("PhotoLiked", "PhotoUnliked", "liker_id", "photo_id", "like_id"),
        listed=False,
        splits=8,
    ),
    Spec("members", "rolls", **membership("roll_id", "member_id")),
    Spec("rolls_of_user", "rolls", **membership("member_id", "roll_id")),
    Spec(
        "roll_followers", "rolls",
        **pair("RollFollowed", "RollUnfollowed", "roll_id", "follower_id", "follow_id"), splits=2,
    ),
    Spec("photos_in_roll", "photos", ADDED, {"PhotoRemovedFromRoll": OUT_OF_ROLL}, listed=False, splits=2),
    Spec(
        "developing_in_roll", "photos", ADDED,
        {"PhotoDevelopedInRoll": OUT_OF_ROLL, "PhotoRemovedFromRoll": OUT_OF_ROLL}, listed=False, splits=2,
    ),
    Spec(
        "developed_of_user", "photos", {"PhotoDeveloped": OF_OWNER},
        {"PhotoDeleted": OF_OWNER, "PhotoTakenDown": OF_OWNER}, listed=False,
    ),
    Spec(
        "developing_of_user", "photos", {"PhotoTaken": OF_OWNER},
        dict.fromkeys(("PhotoDeveloped", "PhotoRejected", "PhotoDeleted", "PhotoTakenDown"), OF_OWNER), listed=False,
    ),
    Spec(
        "commented", "reactions", {"CommentPosted": ("photo_id", "event_id", "event_id")},
        {"CommentDeleted": ("photo_id", "comment_id", "comment_id")}, listed=False,
    ),
)  # fmt: skip


@dataclass
class Beginning:
    """What is known of one beginning. `marked` is the role that it was given after it began."""

    begun: datetime | None = None
    ended: bool = False
    role: str | None = None
    marked: str | None = None
    marked_at: int | None = None  # the offset of the fact that did


@dataclass
class Shard:
    """One shard of one entity's set."""

    beginnings: dict[tuple[UUID, UUID], Beginning] = field(default_factory=dict[tuple[UUID, UUID], Beginning])
    latest: int = 0  # when something last began, in ms since 1970
    position: int = -1  # the offset of the last fact about it
    live: dict[UUID, int] = field(default_factory=dict[UUID, int])  # by how many beginnings a member is in the set


def live(about: Beginning) -> bool:
    """Whether it has begun and hasn't ended."""
    return about.begun is not None and not about.ended


def own(beginnings: dict[UUID, Beginning]) -> dict[str, Any]:
    """What a member's own row says, given the member's beginnings."""
    begun = {identity: about for identity, about in beginnings.items() if about.begun is not None}
    held = sorted(
        (in_ms(about), version_first(identity), identity, about) for identity, about in begun.items() if live(about)
    )
    said = [[identity.hex, at, about.marked or about.role or ""] for at, _, identity, about in held]
    within = json.dumps(said, separators=(",", ":")) if said else ""
    return {"within": within, "times": len(begun), "latest": max(map(in_ms, begun.values()), default=0)}


def in_ms(about: Beginning) -> int:
    """When it began, in ms since 1970."""
    assert about.begun is not None
    return round(about.begun.replace(tzinfo=UTC).timestamp() * 1000)


def version_first(identity: UUID) -> tuple[int, bytes]:
    """The order that Cassandra has ids in."""
    return identity.bytes[6] >> 4, identity.bytes


def facts(about: Beginning) -> dict[str, Any]:
    """What a beginning's row says."""
    return {
        "begun": about.begun,
        "ended": True if about.ended else None,
        "role": about.marked or about.role,
        "role_at": about.marked_at,
    }


class Sets:
    """All sets, fold by fold."""

    def __init__(self) -> None:
        self._shards: dict[str, dict[Place, Shard]] = {spec.table: {} for spec in SETS}
        self._of: dict[str, list[Spec]] = {}
        for spec in SETS:
            for kind in (*spec.begins, *spec.ends, *spec.marks):
                self._of.setdefault(kind, []).append(spec)

    def take(self, fact: Fact) -> None:
        """Folds one fact into every set that it is about."""
        for spec in self._of.get(fact.kind, ()):
            kind, f = fact.kind, fact.fields
            entity, member, identity = spec.begins.get(kind) or spec.ends.get(kind) or spec.marks[kind]
            number = fact.partition * spec.splits + f[member].int % spec.splits
            shard = self._shards[spec.table].setdefault((f[entity], number), Shard())
            shard.position = fact.offset
            about = shard.beginnings.setdefault((f[member], f[identity]), Beginning())
            was = live(about)
            if kind in spec.begins:
                at: datetime = f["occurred_at"]
                about.begun, about.role = max(at, about.begun or at), f.get("role")
                shard.latest = max(shard.latest, round(at.replace(tzinfo=UTC).timestamp() * 1000))
            elif kind in spec.ends:
                about.ended = True
            else:
                about.marked, about.marked_at = f["role"], fact.offset
            held = shard.live.get(f[member], 0)
            if live(about) and not was and held >= AT_ONCE:
                about.ended = True
            shard.live[f[member]] = held + live(about) - was

    def all(self, table: str) -> Iterator[tuple[UUID, tuple[UUID, UUID], Beginning]]:
        """Every beginning of a set: entity, (member, beginning), and what is known of it."""
        for (entity, _), shard in self._shards[table].items():
            for place, about in shard.beginnings.items():
                yield entity, place, about

    def rows(self) -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        """Every row of the sets' tables, of their lists by time and of `counts`."""
        for spec in SETS:
            for (entity, number), shard in self._shards[spec.table].items():
                here = (entity, number)
                within: set[UUID] = set()
                mine: dict[UUID, dict[UUID, Beginning]] = {}
                for (member, identity), about in shard.beginnings.items():
                    mine.setdefault(member, {})[identity] = about
                    if identity not in (member, NOBODY):
                        yield spec.table, (*here, identity, member), facts(about)
                    if spec.listed and about.begun is not None:
                        yield f"{spec.table}_by_time", (*here, about.begun, member, identity), {}
                    if live(about):
                        within.add(member)
                for member, beginnings in mine.items():
                    row = facts(beginnings[member]) if member in beginnings else {}
                    if beginnings.keys() - {member}:
                        row |= own(beginnings)
                    yield spec.table, (*here, member, member), row
                size = {"total": len(within), "latest": shard.latest}
                yield spec.table, (*here, NOBODY, NOBODY), {**size, "position": shard.position, "epoch": 0}
                yield "counts", (entity, spec.table, number, 1), size
