"""The rules by themselves, as the gateway uses them too."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from projections.accounts.users import User
from projections.photos.photo import Photo
from projections.rolls.roll import Roll
from projections.store.memory import MemoryStore
from projections.store.protocol import StoreUnavailable
from projections.visibility import (
    VisibleRows,
    as_of,
    role_in,
    sees_photo,
    sees_roll,
    sees_user,
)
from tests.api.world import MORNING, NOW, ApiWorld, named

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
    dusk = replace(PHOTO, on_profile=False)
    seen = [await VisibleRows(world.store, named(who), NOW).sees(dusk) for who in ("ada", "bo", "cy")]
    assert seen == [True, True, False]
    rolls = [await VisibleRows(world.store, named(who), NOW).roll(named("den")) for who in ("bo", "cy")]
    assert [row is not None for row in rolls] == [True, False]
    roles = [await role_in(world.store, roll_id=named("den"), user_id=named(who)) for who in ("ada", "bo", "cy")]
    assert roles == ["owner", "member", None]


async def test_a_row_is_read_once_for_all_who_ask_and_its_failure_told_to_all() -> None:
    class Counting(MemoryStore):
        reads = 0

        async def get(self, table: Any, *key: Any) -> Any:
            """Counts, and lets the others ask before it answers."""
            self.reads += 1
            others_have_asked = asyncio.Event()
            asyncio.get_running_loop().call_soon(others_have_asked.set)
            await others_have_asked.wait()
            if key == (BO,):
                raise StoreUnavailable("no")
            return USER

    store = Counting()
    visible = VisibleRows(store, BO, NOW)
    assert await asyncio.gather(*(visible.user(ADA) for _ in range(3))) == [USER] * 3
    assert store.reads == 1
    failures = await asyncio.gather(*(visible.user(BO) for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [StoreUnavailable] * 3
