"""Nobody begins the same thing for ever: the 201st time is refused, what stands can always be undone, and the rows that
are read for it don't grow with how often it was done before."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

import pytest

from events.generated import Event
from producers.limits import BEGINNINGS
from projections.reactions.likers import likers
from projections.store.memory import MemoryStore
from projections.store.table import Table
from projections.tally.queries import belonging, counts_of
from tests import given
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, PUBLIC, begin, one, world
from tests.kit import MemoryLog, Worker

pytestmark = pytest.mark.anyio

PHOTO = one("photo")
DAY = NOW - timedelta(days=3)
OF_ADA: dict[str, Any] = {"photo_id": PHOTO, "owner_id": ADA, "taken_at": DAY, "develops_at": DAY}
SHOWN = (
    given.photo_taken(**begin("taken", ADA, DAY), **OF_ADA, on_profile=True),
    given.photo_developed(**begin("developed", ADA, DAY), **OF_ADA),
)
Times = Callable[[int], Sequence[Event]]


def pair(kind: str, end_kind: str, identity: str, who: Any, **about: Any) -> Times:
    """Makes what the nth time is: a beginning and its end."""

    def nth(number: int) -> Sequence[Event]:
        first, last = (begin(f"{kind} {number} {what}", who, DAY) for what in ("begins", "ends"))
        ends = {identity: first["event_id"]}
        return getattr(given, kind)(**first, **about), getattr(given, end_kind)(**last, **ends, **about)

    return nth


LIKE = pair("photo_liked", "photo_unliked", "like_id", BOB, photo_id=PHOTO, liker_id=BOB)
THINGS: dict[str, tuple[Any, str, Times]] = {
    "a like": (BOB, f"/v1/photos/{PHOTO}/like", LIKE),
    "following a person": (
        BOB,
        f"/v1/users/{ADA}/follow",
        pair("user_followed", "user_unfollowed", "follow_id", BOB, follower_id=BOB, followee_id=ADA),
    ),
    "following a roll": (
        BOB,
        f"/v1/rolls/{PUBLIC}/follow",
        pair("roll_followed", "roll_unfollowed", "follow_id", BOB, roll_id=PUBLIC, follower_id=BOB),
    ),
    "a membership": (
        BOB,
        f"/v1/rolls/{PUBLIC}/members/{BOB}",
        pair("member_joined", "member_left", "membership_id", BOB, roll_id=PUBLIC, member_id=BOB),
    ),
    "a placement": (
        ADA,
        f"/v1/photos/{PHOTO}/rolls/{PUBLIC}",
        pair("photo_added_to_roll", "photo_removed_from_roll", "placement_id", ADA, roll_id=PUBLIC, **OF_ADA),
    ),
}


@pytest.mark.parametrize(("who", "path", "nth"), THINGS.values(), ids=THINGS.keys())
async def test_the_last_time_can_be_undone_and_one_more_is_refused(who: Any, path: str, nth: Times) -> None:
    before = [event for number in range(BEGINNINGS - 1) for event in nth(number)]
    async with world(*SHOWN, *before) as here:
        for method, status in (("PUT", 202), ("PUT", 202), ("DELETE", 202), ("PUT", 429), ("DELETE", 404)):
            answer = await here.ask(who, method, path)
            assert answer.status_code == status, answer.text
            await here.fold()
            here.now += timedelta(minutes=1)
            if status == 429:
                assert f"{BEGINNINGS} times, which is as often as one can" in answer.json()["detail"]
                assert "Retry-After" not in answer.headers


class RowCountingStore(MemoryStore):
    """A store that notes how many rows the largest answer of `pick` has had."""

    most = 0

    async def pick(self, table: Table, partition: tuple[Any, ...], firsts: Collection[Any]) -> list[Any]:
        """See Store."""
        rows = await super().pick(table, partition, firsts)
        self.most = max(self.most, len(rows))
        return rows


@pytest.mark.parametrize("times", [10, 1_000])
async def test_neither_a_fold_nor_a_decision_reads_more_where_somebody_changed_their_mind_more_often(
    times: int,
) -> None:
    """Seen to fail with folds and decisions that read all beginnings of a member."""
    store, log = RowCountingStore(), MemoryLog()
    worker = Worker(store, log.codec)
    await log.append(*(event for number in range(times) for event in LIKE(number)))
    await worker.fold_all(log, size=500)
    store.most = 0
    liked, unliked = LIKE(times)
    await log.append(liked)
    await worker.fold_all(log)
    assert store.most == 2  # the member's own row, and the shard's
    store.most = 0
    found = await belonging(store, likers, entity=PHOTO, member=BOB)
    assert ([row.beginning for row in found.live], found.times) == ([liked.event_id], times + 1)
    assert store.most == 1
    await log.append(unliked)
    await worker.fold_all(log)
    assert store.most == 3  # and the beginning that ends
    assert (await counts_of(store, [PHOTO]))[0][likers.name] == 0
