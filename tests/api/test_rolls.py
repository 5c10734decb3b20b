"""Rolls: who sees them, what is in them, and who."""

from datetime import timedelta

import pytest

from events import generated as g
from tests.api.world import MORNING, ApiWorld, named

pytestmark = pytest.mark.anyio


async def test_a_private_roll_does_not_exist_for_anybody_but_its_members() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("den", "ada", "private"))
    async with world.api() as api:
        path = f"/v1/rolls/{named('den')}"
        for at in (path, f"{path}/photos", f"{path}/members"):
            assert (await api.get("bo", at)).status_code == 404
            assert (await api.get("ada", at)).status_code == 200
        assert await api.walk("bo", "/v1/users/@ada/rolls") == []
        joined = world.joined("den", "bo")
        await world.given(joined)
        assert (await api.json("bo", path))["viewer"] == {"role": "member", "following": False}
        assert [each["id"] for each in await api.walk("bo", "/v1/users/@ada/rolls")] == [str(named("den"))]
        left = g.MemberLeft(**world.begin(), roll_id=named("den"), member_id=named("bo"), membership_id=joined.event_id)
        await world.given(left)
        assert (await api.get("bo", path)).status_code == 404


async def test_a_deleted_roll_is_gone_for_its_members_too() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), *world.roll("lake", "ada"), *world.developed("dusk", "ada", "lake"))
    await world.given(world.person("bo"), world.joined("lake", "bo"))
    await world.given(g.RollDeleted(**world.begin(), roll_id=named("lake"), creator_id=named("ada")))
    async with world.api() as api:
        assert (await api.get("bo", f"/v1/rolls/{named('lake')}")).status_code == 404
        assert (await api.get("bo", f"/v1/photos/{named('dusk')}")).status_code == 404
        assert (await api.json("ada", f"/v1/photos/{named('dusk')}"))["rolls"] == []


async def test_a_roll_shows_its_developed_photos_the_latest_first_and_counts_the_others() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    for day in range(4):
        at = MORNING - timedelta(days=day)
        await world.given(*world.developed(f"photo {day}", "ada", "lake", develops_at=at))
    late = world.taken("late", "ada", "lake", develops_at=MORNING - timedelta(hours=1))
    await world.given(*late, *world.taken("next", "ada", "lake", develops_at=MORNING + timedelta(days=1)))
    async with world.api() as api:
        for viewer in ("ada", "bo"):
            shown = await api.walk(viewer, f"/v1/rolls/{named('lake')}/photos")
            assert [each["id"] for each in shown] == [str(named(f"photo {day}")) for day in range(4)]
        roll = await api.json("bo", f"/v1/rolls/{named('lake')}")
        assert roll["counts"] == {"photos": 6, "members": 1, "followers": 0, "developing": 6}
        last = max(event.occurred_at for event in late if isinstance(event, g.PhotoAddedToRoll))
        assert roll["last_activity"] >= last.strftime("%Y-%m-%dT%H:%M:%S")


async def test_members_are_listed_with_their_roles() -> None:
    world = ApiWorld()
    people = [f"person{n}" for n in range(9)]
    await world.given(*map(world.person, ["ada", *people]), *world.roll("lake", "ada"))
    await world.given(*(world.joined("lake", person) for person in people))
    async with world.api() as api:
        shown = await api.walk("person3", f"/v1/rolls/{named('lake')}/members", limit=3)
        assert [each["handle"] for each in shown] == [*reversed(people), "ada"]
        assert [each["role"] for each in shown] == ["member"] * 9 + ["owner"]


async def test_a_cover_is_shown_only_to_those_who_may_see_that_photo() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    await world.given(*world.developed("dusk", "ada", "lake"), *world.roll("den", "ada", "private"))
    await world.given(*world.developed("secret", "ada", "den"), *world.taken("dawn", "ada", "lake"))
    async with world.api() as api:
        for name, seen_by_ada, seen_by_bo in (
            ("dusk", True, True),
            ("secret", True, False),
            ("dawn", False, False),
        ):
            await world.given(world.cover("lake", "ada", name))
            for viewer, seen in (("ada", seen_by_ada), ("bo", seen_by_bo)):
                shown = await api.json(viewer, f"/v1/rolls/{named('lake')}")
                assert (shown["cover"] is not None) == seen, (name, viewer)
