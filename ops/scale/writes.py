"""What a write asks the gateway and the database, with an Idempotency-Key: a test holds it against the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass

from events.generated import (
    CommentPosted,
    Event,
    MemberJoined,
    PhotoDeleted,
    PhotoLiked,
    PhotoTaken,
    PhotoUnliked,
    RollCreated,
    UserFollowed,
    UserUnfollowed,
)
from ops.scale.assumptions import Assumptions

PAXOS = 4  # rounds of a lightweight transaction, each of which asks every replica


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a route of the gateway, and what it asks the database.

    `what`: which case of the route, as tests/gateway/test_costs.py names it."""

    route: str
    reads: int
    transactions: int
    writes: int
    what: str = ""


ASKED: Mapping[type[Event], tuple[Asked, ...]] = {
    UserFollowed: (Asked("PUT /v1/users/{user_id}/follow", 4, 1, 1),),
    UserUnfollowed: (Asked("DELETE /v1/users/{user_id}/follow", 2, 1, 1),),
    RollCreated: (Asked("POST /v1/rolls", 2, 1, 1),),
    MemberJoined: (Asked("PUT /v1/rolls/{roll_id}/members/{user_id}", 6, 1, 1, "join by invitation"),),
    PhotoTaken: (Asked("POST /v1/uploads", 1, 1, 0), Asked("POST /v1/photos", 4, 2, 1, "into two rolls")),
    PhotoDeleted: (Asked("DELETE /v1/photos/{photo_id}", 2, 1, 1),),
    PhotoLiked: (Asked("PUT /v1/photos/{photo_id}/like", 6, 1, 1, "seen in a roll"),),
    PhotoUnliked: (Asked("DELETE /v1/photos/{photo_id}/like", 2, 1, 1),),
    CommentPosted: (Asked("POST /v1/photos/{photo_id}/comments", 3, 1, 1),),
}


def asked_a_day(a: Assumptions, a_day: Mapping[type[Event], float]) -> Mapping[type[Event], float]:
    """How often each of ASKED is done a day. Whoever makes a roll doesn't ask to join it; signing up isn't built."""
    return {kind: a.active_people * a.joins if kind is MemberJoined else a_day[kind] for kind in ASKED}
