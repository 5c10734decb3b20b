"""What is assumed of people and machines: `darkroom plan scale`. Each can be given; none is measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from events.generated import (
    CommentDeleted,
    CommentPosted,
    Event,
    HandleChanged,
    MemberInvited,
    MemberJoined,
    MemberLeft,
    MemberRemoved,
    MemberRoleChanged,
    PhotoAddedToRoll,
    PhotoDeleted,
    PhotoDeveloped,
    PhotoDevelopedInRoll,
    PhotoFiltered,
    PhotoLiked,
    PhotoRejected,
    PhotoRemovedFromRoll,
    PhotoTaken,
    PhotoTakenDown,
    PhotoUnliked,
    ProfileChanged,
    RollChanged,
    RollCreated,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
    UserDeactivated,
    UserFollowed,
    UserReactivated,
    UserRegistered,
    UserUnfollowed,
)

DERIVED = (PhotoFiltered, PhotoDeveloped, PhotoDevelopedInRoll)  # by reactors; all others are appended by the gateway
AT_NINE = (PhotoDeveloped, PhotoDevelopedInRoll)  # of a zone's whole yesterday at once
RARE = (  # of which there are too few to count here
    HandleChanged,
    ProfileChanged,
    UserDeactivated,
    UserReactivated,
    MemberInvited,
    MemberLeft,
    MemberRemoved,
    MemberRoleChanged,
    RollChanged,
    RollDeleted,
    RollFollowed,
    RollUnfollowed,
    PhotoRejected,
    PhotoTakenDown,
    CommentDeleted,
)
DAYS = 365


def assumed(default: float, of: str) -> Any:
    """A field of Assumptions, with what it is."""
    return field(default=default, metadata={"of": of})


@dataclass(frozen=True)
class Assumptions:
    """Days are those of the whole service; "each" is each person who is active that day."""

    people: int = assumed(10_000_000, "people")
    active: float = assumed(0.4, "share of them that is active a day")
    registered: int = assumed(20_000, "people who are new, a day")
    photos: float = assumed(3.0, "photos a day, each")
    rolls_a_photo: float = assumed(1.2, "rolls that a photo is put into as it is taken")
    likes: float = assumed(10.0, "likes a day, each")
    comments: float = assumed(1.0, "comments a day, each")
    follows: float = assumed(0.5, "people followed a day, each")
    joins: float = assumed(0.3, "rolls joined a day, each")
    rolls: float = assumed(0.1, "rolls made a day, each")
    undone: float = assumed(0.05, "share of likes and follows that is taken back")
    deleted: float = assumed(0.02, "share of photos that is deleted")
    screens: float = assumed(40.0, "screens looked at a day, each")
    peak_hour: float = assumed(0.1, "share of a day that is in its busiest hour")
    largest_zone: float = assumed(0.25, "share of people for whom it is nine at the same moment")
    nine_minutes: float = assumed(10.0, "minutes within which what is due at nine is to have developed")
    opens_at_nine: float = assumed(0.3, "share of that zone's active people who open the app in those minutes")
    screens_at_nine: float = assumed(5.0, "screens that each of them looks at then")
    photo_mb: float = assumed(4.0, "MB of a photo's objects: the upload and its three sizes")
    replicas: int = assumed(3, "copies of a record and of a row")
    busy: float = assumed(0.5, "share of a process's or a node's time that may be used at the peak")
    node_cores: int = assumed(16, "cores of a Cassandra node")
    node_tb: float = assumed(2.0, "TB of rows that a Cassandra node may hold")
    broker_tb: float = assumed(10.0, "TB of records that a Kafka broker may hold")

    @property
    def active_people(self) -> float:
        """How many are active a day."""
        return self.people * self.active


def events_a_day(a: Assumptions) -> Mapping[type[Event], float]:
    """How many events of each type there are a day. Whoever makes a roll joins it."""
    n = a.active_people
    photos = n * a.photos
    return {
        UserRegistered: a.registered,
        UserFollowed: n * a.follows,
        UserUnfollowed: n * a.follows * a.undone,
        RollCreated: n * a.rolls,
        MemberJoined: n * (a.joins + a.rolls),
        PhotoTaken: photos,
        PhotoAddedToRoll: photos * a.rolls_a_photo,
        PhotoFiltered: photos,
        PhotoDeveloped: photos,
        PhotoDevelopedInRoll: photos * a.rolls_a_photo,
        PhotoRemovedFromRoll: photos * a.rolls_a_photo * a.deleted,
        PhotoDeleted: photos * a.deleted,
        PhotoLiked: n * a.likes,
        PhotoUnliked: n * a.likes * a.undone,
        CommentPosted: n * a.comments,
    }


def in_peak_hour(a: Assumptions, a_day: float) -> float:
    """The rate a second in the busiest hour."""
    return a_day * a.peak_hour / 3600


def at_nine(a: Assumptions, a_day: float) -> float:
    """The rate a second at which the largest zone's share of a day is done within the minutes that it may take."""
    return a_day * a.largest_zone / (a.nine_minutes * 60)
