"""What every write costs: a table over all routes, which holds in a small world and in a large one alike."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from events.generated import Event, MemberInvited, MemberLeft, PhotoLiked, RollFollowed, UserFollowed
from producers.uploads import Uploaded
from tests.gateway.costs import Cost, metered
from tests.gateway.shown import PHOTO, SECRET, commented, placed, taken
from tests.gateway.world import ADA, APP, BOB, CAT, PRIVATE, PUBLIC, begin, joined, one, roll, world
from tests.travelling import travel

UPLOAD = one("upload")
CROWD = [one(f"somebody {n}") for n in range(40)]
ROLLS = [one(f"roll {n}") for n in range(17)]  # with the two that every world has, and one to be put into: 20
COMMENT = commented(PHOTO, BOB)
# What a key adds to any write: the plan is kept before the append, and noted as done behind it.
WITH_KEY = {"transactions": 1, "writes": 1, "rounds": 2}
# Where that is done for the upload already, or nothing is appended, the key alone is kept, while other things are read.
AT_ONCE = {"transactions": 1}


def follows(who: UUID, whom: UUID) -> UserFollowed:
    return UserFollowed(**begin(f"{who} follows {whom}", who), follower_id=who, followee_id=whom)


def follows_roll(who: UUID, roll_id: UUID) -> RollFollowed:
    return RollFollowed(**begin(f"{who} follows {roll_id}", who), roll_id=roll_id, follower_id=who)


def likes(who: UUID, photo: UUID) -> PhotoLiked:
    return PhotoLiked(**begin(f"{who} likes {photo}", who), photo_id=photo, liker_id=who)


# What is there in both worlds: Ada's photos, one on her profile and one in her rolls only.
SMALL: list[Event] = [
    *taken(PHOTO),
    placed(PHOTO, PUBLIC),
    *taken(SECRET, on_profile=False),
    placed(SECRET, PUBLIC),
    placed(SECRET, PRIVATE),
    COMMENT,
]
# And in the large one: each set has more, and each list.
LARGE: list[Event] = [
    *SMALL,
    *(event for each in ROLLS for event in (*roll(each, "private"), placed(SECRET, each), placed(PHOTO, each))),
    *(event for each in CROWD for event in (joined(PUBLIC, each), joined(PRIVATE, each), follows(each, ADA))),
    *(event for each in CROWD for event in (follows(BOB, each), follows_roll(each, PUBLIC), likes(each, PHOTO))),
    *(commented(PHOTO, each) for each in CROWD),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A request for a route, what must have happened before, and what it costs."""

    route: str
    path: str
    cost: Cost
    who: UUID = BOB
    body: Any = None
    before: tuple[Event, ...] = ()
    with_key: dict[str, int] = field(default_factory=WITH_KEY.copy)
    what: str = ""


CREATOR_LEFT = MemberLeft(
    **begin("ada left", ADA), roll_id=PUBLIC, member_id=ADA, membership_id=joined(PUBLIC, ADA, "owner").event_id
)
INVITED = MemberInvited(**begin("invited", ADA), roll_id=PRIVATE, member_id=BOB)
IN_ROLL = f"/v1/rolls/{PUBLIC}"
AT_PHOTO = f"/v1/photos/{PHOTO}"
WRITES = [
    Write(route="PATCH /v1/me", path="/v1/me", body={"bio": "Light."}, cost=Cost(reads=1, appends=1, rounds=2)),
    Write(
        route="PATCH /v1/me",
        what="portrait and handle",
        path="/v1/me",
        who=ADA,
        body={"avatar": str(PHOTO), "handle": "ada.l"},
        cost=Cost(reads=6, transactions=3, appends=1, rounds=6),
    ),
    Write(route="POST /v1/me/deactivate", path="/v1/me/deactivate", cost=Cost(appends=1, rounds=1)),
    Write(route="POST /v1/me/reactivate", path="/v1/me/reactivate", cost=Cost(appends=1, rounds=1)),
    Write(
        route="PUT /v1/users/{user_id}/follow", path=f"/v1/users/{ADA}/follow", cost=Cost(reads=4, appends=1, rounds=2)
    ),
    Write(
        route="DELETE /v1/users/{user_id}/follow",
        path=f"/v1/users/{ADA}/follow",
        before=(follows(BOB, ADA),),
        cost=Cost(reads=2, appends=1, rounds=2),
    ),
    Write(route="POST /v1/rolls", path="/v1/rolls", body={"title": "Lake"}, cost=Cost(reads=2, appends=1, rounds=2)),
    Write(
        route="PATCH /v1/rolls/{roll_id}",
        path=IN_ROLL,
        who=ADA,
        body={"title": "Lake"},
        cost=Cost(reads=3, appends=1, rounds=2),
    ),
    Write(
        route="PATCH /v1/rolls/{roll_id}",
        what="cover",
        path=IN_ROLL,
        who=ADA,
        body={"cover": str(PHOTO)},
        cost=Cost(reads=4, appends=1, rounds=2),
    ),
    Write(route="DELETE /v1/rolls/{roll_id}", path=IN_ROLL, who=ADA, cost=Cost(reads=3, appends=1, rounds=2)),
    Write(
        route="PUT /v1/rolls/{roll_id}/members/{user_id}",
        what="join",
        path=f"{IN_ROLL}/members/{BOB}",
        cost=Cost(reads=4, appends=1, rounds=2),
    ),
    Write(
        route="PUT /v1/rolls/{roll_id}/members/{user_id}",
        what="join by invitation",
        path=f"/v1/rolls/{PRIVATE}/members/{BOB}",
        before=(INVITED,),
        cost=Cost(reads=6, appends=1, rounds=3),
    ),
    Write(
        route="PUT /v1/rolls/{roll_id}/members/{user_id}",
        what="give a role",
        path=f"{IN_ROLL}/members/{BOB}",
        who=ADA,
        body={"role": "owner"},
        before=(joined(PUBLIC, BOB),),
        cost=Cost(reads=3, appends=1, rounds=2),
    ),
    Write(
        route="PUT /v1/rolls/{roll_id}/members/{user_id}",
        what="the creator steps back",
        path=f"{IN_ROLL}/members/{ADA}",
        who=ADA,
        body={"role": "member"},
        before=(joined(PUBLIC, BOB, "owner"),),
        cost=Cost(reads=4, appends=1, rounds=3),
    ),
    Write(
        route="DELETE /v1/rolls/{roll_id}/members/{user_id}",
        what="an owner leaves, the roll's creator has left",
        path=f"{IN_ROLL}/members/{BOB}",
        before=(joined(PUBLIC, BOB, "owner"), joined(PUBLIC, CAT, "owner"), CREATOR_LEFT),
        cost=Cost(reads=5, appends=1, rounds=4),
    ),
    Write(
        route="DELETE /v1/rolls/{roll_id}/members/{user_id}",
        what="leave",
        path=f"{IN_ROLL}/members/{BOB}",
        before=(joined(PUBLIC, BOB),),
        cost=Cost(reads=3, appends=1, rounds=2),
    ),
    Write(
        route="DELETE /v1/rolls/{roll_id}/members/{user_id}",
        what="remove",
        path=f"{IN_ROLL}/members/{BOB}",
        who=ADA,
        before=(joined(PUBLIC, BOB),),
        cost=Cost(reads=3, appends=1, rounds=2),
    ),
    Write(
        route="POST /v1/rolls/{roll_id}/invitations",
        path=f"{IN_ROLL}/invitations",
        who=ADA,
        body={"user": str(CAT)},
        cost=Cost(reads=4, appends=1, rounds=2),
    ),
    Write(route="PUT /v1/rolls/{roll_id}/follow", path=f"{IN_ROLL}/follow", cost=Cost(reads=3, appends=1, rounds=2)),
    Write(
        route="DELETE /v1/rolls/{roll_id}/follow",
        path=f"{IN_ROLL}/follow",
        before=(follows_roll(BOB, PUBLIC),),
        cost=Cost(reads=2, appends=1, rounds=2),
    ),
    Write(
        route="POST /v1/photos",
        path="/v1/photos",
        who=ADA,
        body={"upload_id": str(UPLOAD)},
        with_key=AT_ONCE,
        cost=Cost(reads=2, transactions=1, writes=1, objects=1, appends=1, rounds=4),
    ),
    Write(
        route="POST /v1/photos",
        what="into two rolls",
        path="/v1/photos",
        who=ADA,
        body={"upload_id": str(UPLOAD), "rolls": [str(PUBLIC), str(PRIVATE)]},
        with_key=AT_ONCE,
        cost=Cost(reads=4, transactions=1, writes=1, objects=1, appends=1, rounds=4),
    ),
    Write(route="DELETE /v1/photos/{photo_id}", path=AT_PHOTO, who=ADA, cost=Cost(reads=2, appends=1, rounds=2)),
    Write(route="PUT /v1/photos/{photo_id}/like", path=f"{AT_PHOTO}/like", cost=Cost(reads=4, appends=1, rounds=3)),
    Write(
        route="PUT /v1/photos/{photo_id}/like",
        what="seen in a roll",
        path=f"/v1/photos/{SECRET}/like",
        cost=Cost(reads=6, appends=1, rounds=3),
    ),
    Write(
        route="DELETE /v1/photos/{photo_id}/like",
        path=f"{AT_PHOTO}/like",
        before=(likes(BOB, PHOTO),),
        cost=Cost(reads=2, appends=1, rounds=2),
    ),
    Write(
        route="PUT /v1/photos/{photo_id}/rolls/{roll_id}",
        path=f"{AT_PHOTO}/rolls/{PRIVATE}",
        who=ADA,
        cost=Cost(reads=4, appends=1, rounds=2),
    ),
    Write(
        route="DELETE /v1/photos/{photo_id}/rolls/{roll_id}",
        path=f"{AT_PHOTO}/rolls/{PUBLIC}",
        who=ADA,
        cost=Cost(reads=4, appends=1, rounds=2),
    ),
    Write(
        route="POST /v1/photos/{photo_id}/comments",
        path=f"{AT_PHOTO}/comments",
        body={"text": "What light!"},
        cost=Cost(reads=3, appends=1, rounds=3),
    ),
    Write(
        route="DELETE /v1/photos/{photo_id}/comments/{comment_id}",
        path=f"{AT_PHOTO}/comments/{COMMENT.event_id}",
        cost=Cost(reads=5, appends=1, rounds=3),
    ),
    Write(
        route="POST /v1/uploads",
        path="/v1/uploads",
        body={"content_type": "image/png"},
        with_key=AT_ONCE,
        cost=Cost(reads=1, rounds=1),
    ),
]


async def measured(write: Write, there: list[Event], key: dict[str, str]) -> Cost:
    """What a write costs in a world in which this has happened."""
    async with world(*there, *write.before) as here:
        here.uploads.sent[f"uploads/{ADA}/{UPLOAD}"] = Uploaded("etag", 1000)
        async with metered(here) as (meter, store):
            method = write.route.partition(" ")[0]
            answer = await here.ask(write.who, method, write.path, write.body, **key)
            assert answer.status_code in (201, 202), answer.text
            return meter.cost(store)


IDS = [f"{write.route} {write.what}".strip() for write in WRITES]
KEY = {"Idempotency_Key": "k1"}


@pytest.mark.parametrize("write", WRITES, ids=IDS)
@pytest.mark.parametrize("there", [SMALL, LARGE], ids=["small", "large"])
def test_a_write_costs_this_however_much_there_is(write: Write, there: list[Event]) -> None:
    assert travel(measured(write, there, {})) == write.cost
    assert travel(measured(write, there, KEY)) == write.cost.plus(**write.with_key)


def test_each_route_that_writes_is_in_the_table() -> None:
    paths = APP.openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, of in paths.items() for method in of if method != "get"}
    assert {write.route for write in WRITES} == routes


def test_every_write_is_one_append() -> None:
    assert {write.cost.appends for write in WRITES if write.route != "POST /v1/uploads"} == {1}
