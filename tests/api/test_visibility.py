"""The rules by themselves, as the gateway uses them too."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from projections.accounts.users import User
from projections.photos.card import card_json
from projections.photos.photo import Photo
from projections.photos.roll_feed import RollPhoto
from projections.rolls.roll import Roll
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from projections.visibility import (
    VisibleRows,
    as_of,
    has_developed_in_roll,
    sees_photo,
    sees_roll,
    sees_user,
)
from tests import given
from tests.api.world import MORNING, NOW, ApiWorld, named
from tests.given import CARD
from tests.projections.counting import CountingStore

pytestmark = pytest.mark.anyio

ADA, BO = named("ada"), named("bo")
USER = User(ADA, handle="ada", registered_at=MORNING, active=True)
PHOTO = Photo(named("dusk"), owner_id=ADA, on_profile=True, developed=True)
ROLL = Roll(named("lake"), ADA, visibility="public")
HELD_BACK: list[dict[str, Any]] = [
    {"developed": None},
    {"developed": True, "rejected_reason": "It is too large."},
    {"developed": True, "deleted": True},
    {"developed": True, "taken_down": True},
    {"owner_id": None},
]


@pytest.mark.parametrize("change", HELD_BACK)
def test_nobody_else_sees_a_photo_that_has_not_developed_or_has_ended(change: dict[str, Any]) -> None:
    assert sees_photo(BO, PHOTO, USER, True)
    assert not sees_photo(BO, replace(PHOTO, **change), USER, True)


@pytest.mark.parametrize(
    ("on_profile", "in_seen_roll", "seen"),
    [(True, False, True), (False, True, True), (True, True, True), (False, False, False), (None, False, False)],
)
def test_a_photo_is_seen_on_the_profile_or_in_a_roll(on_profile: bool | None, in_seen_roll: bool, seen: bool) -> None:
    assert sees_photo(BO, replace(PHOTO, on_profile=on_profile), USER, in_seen_roll) == seen


@pytest.mark.parametrize(
    ("change", "seen"),
    [({}, True), ({"card_json": None}, False), ({"owner_id": None}, False), ({"ended": True}, False)],
)
def test_a_placements_picture_is_seen_once_it_has_developed_there_until_it_ends(
    change: dict[str, Any], seen: bool
) -> None:
    """Each condition was seen to be needed: without it, this or the test of the embargo fails."""
    row = RollPhoto("lake/today", NOW, MORNING, PHOTO.photo_id, named("placement"), ADA, card_json=card_json(CARD))
    assert has_developed_in_roll(replace(row, **change), NOW) == seen
    assert not has_developed_in_roll(replace(row, **change), NOW - timedelta(milliseconds=1))


@pytest.mark.parametrize(("active", "seers"), [(True, {ADA, BO}), (False, {ADA})])
async def test_a_placements_picture_is_seen_by_who_sees_its_owner(active: bool, seers: set[UUID]) -> None:
    world, card = ApiWorld(), card_json(CARD)
    row = RollPhoto("lake/today", MORNING, MORNING, PHOTO.photo_id, named("placement"), ADA, card_json=card)
    hidden = [] if active else [given.user_deactivated(user_id=ADA)]
    await world.given(*map(world.person, ("ada", "bo")), *hidden)
    for viewer in (ADA, BO):
        visible = VisibleRows(world.store, viewer, NOW)
        if viewer != ADA:
            with pytest.raises(LookupError):
                visible.card_in_roll(row)
        await visible.read(users=[ADA])
        assert visible.card_in_roll(row) == (CARD if viewer in seers else None)


def test_no_photo_has_developed_before_its_time_by_the_readers_clock() -> None:
    due = replace(PHOTO, develops_at=NOW)
    assert as_of(due, NOW) == due
    early = as_of(due, NOW - timedelta(milliseconds=1))
    assert early == replace(due, developed=None)
    assert not sees_photo(BO, early, USER, True)
    assert sees_photo(ADA, early, USER, False)
    assert as_of(PHOTO, NOW) == replace(PHOTO, developed=None)  # nobody knows when it develops
    undeveloped = replace(PHOTO, developed=None, develops_at=NOW)
    assert as_of(undeveloped, NOW) == undeveloped
    assert as_of(None, NOW) is None


def test_its_owner_knows_of_a_photo_from_the_start_and_until_it_ends() -> None:
    hidden = replace(USER, active=False)
    assert sees_photo(ADA, replace(PHOTO, developed=None), hidden, False)
    assert sees_photo(ADA, replace(PHOTO, rejected_reason="It is too large."), hidden, False)
    assert not sees_photo(ADA, replace(PHOTO, deleted=True), USER, True)
    assert not sees_photo(ADA, replace(PHOTO, taken_down=True), USER, True)


@pytest.mark.parametrize(
    ("viewer", "change", "seen"),
    [
        (BO, {}, True),
        (BO, {"active": False}, False),
        (ADA, {"active": False}, True),
        (BO, {"registered_at": None}, False),
        (ADA, {"handle": ""}, False),  # erased
        (BO, {"handle": ""}, False),
    ],
)
def test_a_person_is_seen_while_they_are_there(viewer: UUID, change: dict[str, Any], seen: bool) -> None:
    assert sees_user(viewer, replace(USER, **change)) == seen
    if viewer == BO:
        assert sees_photo(BO, PHOTO, replace(USER, **change), True) == seen


@pytest.mark.parametrize(
    ("change", "role", "seen"),
    [
        ({}, None, True),
        ({"visibility": "private"}, None, False),
        ({"visibility": "private"}, "member", True),
        ({"visibility": None}, None, False),
        ({"deleted": True}, "owner", False),
        ({"creator_id": None}, "owner", False),
    ],
)
def test_a_roll_is_seen_by_all_or_by_its_members(change: dict[str, Any], role: str | None, seen: bool) -> None:
    assert sees_roll(replace(ROLL, **change), role) == seen


async def test_what_is_not_there_is_not_seen() -> None:
    store = MemoryStore()
    assert not sees_photo(BO, None, USER, True)
    assert not sees_user(BO, None)
    assert not sees_roll(None, "owner")
    assert await VisibleRows(store, BO, NOW).user(ADA) is None
    assert await VisibleRows(store, BO, NOW).roll(named("lake")) is None
    assert await VisibleRows(store, BO, NOW).photo(named("dusk")) is None


async def test_the_loaders_read_what_the_rules_need() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("den", "ada", "private"))
    await world.given(world.joined("den", "bo"), *world.developed("dusk", "ada", "den"))
    for who, seen, role in (("ada", True, "owner"), ("bo", True, "member"), ("cy", False, None)):
        visible = VisibleRows(world.store, named(who), NOW)
        assert (await visible.photo(named("dusk")) is not None) == seen
        assert (await visible.roll(named("den")) is not None) == seen
        assert await visible.role(named("den")) == role


@pytest.mark.parametrize(("photo", "requests"), [("mine", 1), ("taken", 1), ("shown", 2), ("dusk", 4), ("none", 1)])
async def test_one_photo_is_decided_on_with_the_rows_that_decide(photo: str, requests: int) -> None:
    world = ApiWorld()
    await world.given(
        *map(world.person, ("ada", "bo")), *world.roll("den", "ada", "private"), *world.roll("lake", "bo")
    )
    await world.given(world.joined("den", "bo"), *world.developed("dusk", "ada", "den", "lake"))
    await world.given(*world.developed("shown", "ada", "den", on_profile=True), *world.taken("taken", "ada", "lake"))
    await world.given(*world.developed("mine", "bo", "den"))
    assert isinstance(world.store, MemoryStore)
    store = CountingStore(world.store)
    seen = await VisibleRows(store, BO, NOW).photo(named(photo))
    assert (seen is not None) == (photo in ("mine", "shown", "dusk"))
    assert store.requests == requests


async def test_many_rows_are_read_at_once_and_none_is_read_twice() -> None:
    world = ApiWorld()
    await world.given(
        *map(world.person, ("ada", "bo")), *world.roll("den", "ada", "private"), *world.roll("lake", "bo")
    )
    await world.given(*world.developed("dusk", "ada", "den", "lake"), *world.developed("dawn", "bo", "lake"))
    assert isinstance(world.store, MemoryStore)
    store = CountingStore(world.store)
    visible = VisibleRows(store, BO, NOW)
    photos, rolls = [named("dusk"), named("dawn")], [named("den"), named("lake")]
    await visible.read(users=[ADA, BO, None], photos=photos, rolls=rolls)
    assert store.requests == 4  # one of them for the roles
    assert all(map(visible.shown_photo, photos))
    assert [visible.shown_roll(roll) is not None for roll in rolls] == [False, True]
    assert visible.rolls_with(named("dusk")) == [named("lake")]
    await visible.read(users=[BO], photos=photos[:1], rolls=rolls)
    assert await visible.photo(named("dawn")) is not None
    assert store.requests == 4
    with pytest.raises(LookupError):
        visible.shown_user(named("somebody who wasn't read"))


async def test_a_row_is_read_once_for_all_who_ask_and_its_failure_told_to_all() -> None:
    class Counting(MemoryStore):
        reads = 0

        async def get_many(self, table: Any, keys: Any) -> Any:
            """Counts, and lets the others ask before it answers."""
            self.reads += 1
            others_have_asked = asyncio.Event()
            asyncio.get_running_loop().call_soon(others_have_asked.set)
            await others_have_asked.wait()
            if keys == [(BO,)]:
                raise StoreUnavailable("no")
            return [USER]

    store = Counting()
    visible = VisibleRows(store, BO, NOW)
    assert await asyncio.gather(*(visible.user(ADA) for _ in range(3))) == [USER] * 3
    assert store.reads == 1
    failures = await asyncio.gather(*(visible.user(BO) for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [StoreUnavailable] * 3
