"""Pages: nothing is repeated or lost while rows are being added; cursors can't be made up, and tell nothing."""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.fill_page import SPARE, candidates_of, fill_page
from events.generated import Event
from events.ids import key_order
from projections.graph.followers import followers
from projections.store.table import Table
from projections.tally.queries import newest_members
from tests.api.world import MORNING, ApiWorld, named
from web.pagination import Cursor
from web.problems import Problem

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Kept:
    """A row with a clustering column of each type that a cursor can hold."""

    at: datetime
    photo_id: UUID
    number: int
    text: str


LISTS = {
    "followers": "/v1/users/@ada/followers",
    "following": "/v1/users/@ada/following",
    "rolls": "/v1/users/@ada/rolls",
    "profile": "/v1/users/@ada/photos",
    "mine": "/v1/me/photos",
    "roll photos": f"/v1/rolls/{named('lake')}/photos",
    "members": f"/v1/rolls/{named('lake')}/members",
    "likers": f"/v1/photos/{named('dusk')}/likers",
    "comments": f"/v1/photos/{named('dusk')}/comments",
}


def grown(world: ApiWorld, n: int) -> list[Event]:
    """One more of everything that is listed."""
    who, at = f"p{n}", MORNING - timedelta(hours=n % 40)
    events = [world.person(who), world.followed(who, "ada"), world.followed("ada", who), world.joined("lake", who)]
    events += [*world.roll(f"r{n}", "ada"), world.liked("dusk", who), world.commented("dusk", who, f"text {n}")]
    return [*events, *world.developed(f"photo {n}", "ada", "lake", on_profile=True, develops_at=at)]


async def grown_world(size: int, empty: ApiWorld | None = None) -> ApiWorld:
    """Lists of so many items, about."""
    world = empty or ApiWorld()
    await world.given(world.person("ada"), *world.roll("lake", "ada"), *world.developed("dusk", "ada", "lake"))
    for n in range(size):
        await world.given(*grown(world, n))
    return world


def name_of(item: dict[str, Any]) -> str:
    """What an item of any list is known by."""
    return item["id"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_complete_and_without_repeats_while_rows_are_added(name: str) -> None:
    world = await grown_world(12)
    added = 100
    async with world.api() as api:
        path = LISTS[name]
        before = {name_of(item) for item in (await api.json("ada", f"{path}?limit=100"))["items"]}
        assert len(before) >= 12
        seen: list[str] = []
        following: str | None = f"{path}?limit=3"
        while following:
            answer = await api.get("ada", following)
            items = answer.json()["items"]
            following = answer.links.get("next", {}).get("url")
            assert len(items) == 3 or following is None
            seen += map(name_of, items)
            await world.given(*grown(world, added))
            added += 1
        assert len(seen) == len(set(seen))
        assert before <= set(seen)


@pytest.mark.parametrize("name", LISTS)
async def test_pages_of_any_size_make_the_same_list(name: str) -> None:
    world = await grown_world(9)
    async with world.api() as api:
        whole = list(map(name_of, (await api.json("ada", f"{LISTS[name]}?limit=100"))["items"]))
        for limit in (1, 2, 7, 9, 10):
            assert list(map(name_of, await api.walk("ada", LISTS[name], limit))) == whole


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_that_is_not_this_lists_is_refused(name: str) -> None:
    world = await grown_world(3)
    async with world.api() as api:
        path = LISTS[name]
        good = (await api.json("ada", f"{path}?limit=1"))["next"]
        other = LISTS["comments" if name != "comments" else "likers"]
        foreign = (await api.json("ada", f"{other}?limit=1"))["next"]
        flipped = ("A" if good[5] != "A" else "B").join((good[:5], good[6:]))
        made_up = base64.urlsafe_b64encode(b'[1,"x",0]').decode()
        for bad in (flipped, foreign, made_up, good[:-4], "", "%C3%A9", "a b", "=" * 8, "A" * 5000):
            answer = await api.get("ada", f"{path}?limit=1&cursor={bad}")
            assert answer.status_code == 400, bad
            assert bad[:8] not in answer.text or bad in ("", "a b")


def test_a_cursor_tells_nothing_of_the_row_it_stands_at() -> None:
    cursor = Cursor(Table("kept", Kept, partition=0, clustering=4))
    key = (MORNING, named("dusk"), 7, "text")
    assert cursor.key_of(Kept(*key)) == key
    text = cursor.encode("secret", key)
    assert cursor.decode("secret", text) == key
    assert cursor.encode("secret", key) == text
    opened = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert named("dusk").hex.encode() not in opened.replace(b"-", b"")
    with pytest.raises(Problem):
        cursor.decode("another", text)


async def test_shards_are_merged_in_the_order_in_which_cassandra_keeps_each() -> None:
    world = ApiWorld()
    chance = random.Random(7)
    for n in range(60):  # many at the same time, and ids of two versions, which Cassandra orders by version first
        follow = replace(world.followed(f"p{n}", "ada"), occurred_at=MORNING + timedelta(seconds=n % 4))
        follower = UUID(int=chance.getrandbits(128), version=4 + n // 4 % 2)
        await world.given(replace(follow, follower_id=follower))

    async def listed(after: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        rows = (await newest_members(world.store, followers, named("ada"), after, 100)).rows
        return [(row.begun, row.member, row.beginning) for row in rows]

    whole = await listed()
    assert len(whole) == 60
    assert whole == sorted(whole, key=key_order, reverse=True)
    for cut in (1, 30, 59):
        assert await listed(whole[cut - 1]) == whole[cut:]


@pytest.mark.parametrize(
    ("hidden", "limit", "size", "shown", "last"),
    [
        ((), 3, 100, [0, 1, 2], 2),
        ((1, 2), 3, 100, [0, 3, 4], 4),
        (range(1, 10), 3, 100, [0], 7),  # as many as are hydrated for a page of three
        (range(6), 10, 100, [6, 7, 8, 9], None),
        ((), 9, 100, list(range(9)), 8),
        ((), 10, 100, list(range(10)), None),
        ((), 11, 100, list(range(10)), None),
        ((), 10, 10, list(range(10)), 9),  # as many as were read: there may be more
        (range(10), 10, 10, [], 9),
    ],
)
def test_a_page_is_full_unless_at_the_end_or_many_may_not_be_seen(
    hidden: Sequence[int], limit: int, size: int, shown: list[int], last: int | None
) -> None:
    candidates = candidates_of(range(10), lambda _: True, size=size, limit=limit)
    assert fill_page(candidates, lambda n: None if n in hidden else n, limit) == (shown, last)


@pytest.mark.parametrize(
    ("kept", "limit", "size", "shown", "last"),
    [
        ((), 3, 100, [], None),
        ((), 3, 10, [], 9),
        ((2, 4), 3, 100, [2, 4], None),
        ((2, 4), 2, 100, [2, 4], None),  # nothing is left to be shown
        ((2, 4), 2, 10, [2, 4], 4),
        ((2, 4, 9), 2, 100, [2, 4], 4),
        ((9,), 1, 10, [9], 9),
    ],
)
def test_rows_that_a_list_leaves_out_only_move_the_cursor_on(
    kept: Sequence[int], limit: int, size: int, shown: list[int], last: int | None
) -> None:
    candidates = candidates_of(range(10), lambda n: n in kept, size=size, limit=limit)
    assert fill_page(candidates, lambda n: n, limit) == (shown, last)


def test_no_more_is_hydrated_than_a_page_and_a_few_to_spare() -> None:
    candidates = candidates_of(range(1000), lambda n: n % 2 == 1, size=1000, limit=30)
    assert list(candidates.kept) == list(range(1, 2 * (30 + SPARE), 2))
    assert candidates.rows[-1] == 2 * (30 + SPARE)
    assert candidates.more
