"""People: by id and by handle, whom they follow and who follows them."""

from datetime import timedelta
from typing import Any

import pytest

from events import generated as g
from projections.accounts.users_by_handle import handle_hmac
from projections.store.memory import MemoryStore
from projections.store.table import Table
from tests.api.world import MORNING, SETTINGS, ApiWorld, named

pytestmark = pytest.mark.anyio


async def test_somebody_is_found_by_id_and_by_handle_in_any_case() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), world.person("bo"), world.followed("bo", "ada"))
    async with world.api() as api:
        shown = await api.json("bo", "/v1/users/@Ada")
        assert shown == await api.json("bo", f"/v1/users/{named('ada')}")
        assert shown["viewer"] == {"following": True, "followed_by": False, "blocked": False}
        assert shown["counts"] == {"followers": 1, "following": 0, "photos": 0, "rolls": 0}
        assert (await api.json("ada", f"/v1/users/{named('bo')}"))["viewer"]["followed_by"]


@pytest.mark.parametrize("who", ["@nobody", "@", "@" + "x" * 99, "ada", "0" * 32, "@a%00b", str(named("nobody"))])
async def test_a_person_that_is_not_there_is_not_found(who: str) -> None:
    world = ApiWorld()
    await world.given(world.person("ada"))
    async with world.api() as api:
        assert (await api.get("ada", f"/v1/users/{who}")).status_code == 404


async def test_a_handle_that_was_given_up_finds_nobody() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"))
    changed = g.HandleChanged(
        **world.begin(),
        user_id=named("ada"),
        handle="ada2",
        handle_hmac=handle_hmac(SETTINGS, "ada2"),
        old_handle_hmac=handle_hmac(SETTINGS, "ada"),
    )
    await world.given(changed)
    async with world.api() as api:
        assert (await api.get("ada", "/v1/users/@ada")).status_code == 404
        assert (await api.json("ada", "/v1/users/@ada2"))["handle"] == "ada2"


async def test_me_is_the_person_who_asks_with_what_only_they_are_told() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"))
    async with world.api() as api:
        shown = await api.json("ada", "/v1/me")
        assert (shown["id"], shown["zone"], shown["bio"]) == (str(named("ada")), "Europe/Oslo", "")
        assert (await api.get("nobody", "/v1/me")).status_code == 404


async def test_a_profile_shows_developed_photos_taken_on_it() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    await world.given(*world.developed("shown", "ada", on_profile=True), *world.developed("other", "ada", "lake"))
    await world.given(*world.taken("dawn", "ada", on_profile=True))
    async with world.api() as api:
        for viewer in ("ada", "bo"):
            shown = await api.walk(viewer, "/v1/users/@ada/photos")
            assert [each["id"] for each in shown] == [str(named("shown"))]


async def test_ones_own_photos_are_listed_by_state() -> None:
    world = ApiWorld()
    tomorrow = MORNING + timedelta(days=1)
    await world.given(world.person("ada"), *world.developed("one", "ada"), *world.developed("two", "ada"))
    await world.given(*world.taken("next", "ada", develops_at=tomorrow), *world.taken("late", "ada"))
    async with world.api() as api:
        states = {}
        for state in ("developing", "developed"):
            for each in await api.walk("ada", f"/v1/me/photos?state={state}", limit=1):
                states.setdefault(state, set()).add(each["id"])
        assert states == {
            "developing": {str(named("next")), str(named("late"))},
            "developed": {str(named("one")), str(named("two"))},
        }
        assert len(await api.walk("ada", "/v1/me/photos")) == 4
        assert (await api.get("ada", "/v1/me/photos?state=other")).status_code == 422


async def test_who_follows_twice_is_listed_once_until_both_have_ended() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")))
    first, other, second = (world.followed(who, "ada") for who in ("bo", "cy", "bo"))
    await world.given(first, other, second)
    async with world.api() as api:
        followers = await api.walk("ada", "/v1/users/@ada/followers", limit=1)
        assert [each["handle"] for each in followers] == ["cy", "bo"]
        for follow, left in ((first, ["bo", "cy"]), (second, ["cy"])):
            undone = g.UserUnfollowed(
                **world.begin(), follower_id=named("bo"), followee_id=named("ada"), follow_id=follow.event_id
            )
            await world.given(undone)
            followers = await api.walk("ada", "/v1/users/@ada/followers", limit=1)
            assert [each["handle"] for each in followers] == left
        assert await api.walk("bo", "/v1/users/@bo/following") == []


async def test_a_portrait_is_shown_once_its_photo_has_developed() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.taken("face", "ada"))
    chosen = world.portrait("ada", "face")
    await world.given(chosen, world.filtered("face", "ada"))
    async with world.api() as api:
        assert (await api.json("bo", "/v1/users/@ada"))["avatar"] is None
        await world.given(*world.develops("face", "ada"))
        assert (await api.json("bo", "/v1/users/@ada"))["avatar"]["width"] == 320


async def test_somebody_elses_photo_is_no_portrait() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.developed("face", "bo"))
    chosen = world.portrait("ada", "face")
    await world.given(chosen)
    async with world.api() as api:
        assert (await api.json("ada", "/v1/users/@ada"))["avatar"] is None


@pytest.mark.parametrize(("length", "status"), [(63, 200), (64, 404)])
async def test_a_handle_of_64_characters_with_its_sign_is_looked_for_and_a_longer_one_isnt(
    length: int, status: int
) -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), world.person("x" * length))
    async with world.api() as api:
        assert (await api.get("ada", f"/v1/users/@{'x' * length}")).status_code == status


class Keyed(MemoryStore):
    """Refuses a null in a key, as Cassandra does."""

    async def get(self, table: Table, *key: Any) -> Any:
        assert None not in key
        return await super().get(table, *key)


@pytest.mark.parametrize("who", ["@nobody", "ada"])
async def test_nobody_is_looked_for_without_an_id(who: str) -> None:
    world = ApiWorld(Keyed())
    await world.given(world.person("ada"))
    async with world.api() as api:
        assert (await api.get("ada", f"/v1/users/{who}")).status_code == 404
