"""Rolls: who sees them, what is in them, and who."""

from datetime import timedelta
from typing import Any

import pytest

from events import generated as g
from projections.photos.photo import PHOTO
from projections.photos.roll_feed import ROLL_FEED
from projections.store.memory import MemoryStore
from projections.store.table import Table
from tests.api.world import MORNING, NOW, ApiWorld, named
from tests.projections.counting import CountingStore, Keys

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
        assert roll["counts"] == {"photos": 6, "members": 1, "followers": 0, "developing": 2}
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


def shows(image: dict[str, Any] | None) -> str | None:
    """Which of these photos an image is of."""
    names = ("dusk", "dawn", "secret", "theirs", "next")
    return next((name for name in names if image and str(named(name)) in image["url"]), None)


async def test_a_cover_is_the_photo_chosen_while_it_is_in_the_roll_and_seen_and_else_the_newest_that_is() -> None:
    world = ApiWorld()
    earlier = MORNING - timedelta(days=1)
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("lake", "ada"))
    path = f"/v1/rolls/{named('lake')}"
    async with world.api() as api:
        assert (await api.json("bo", path))["cover"] is None
        await world.given(*world.developed("dusk", "ada", "lake"))
        await world.given(*world.developed("theirs", "cy", "lake", develops_at=earlier))
        await world.given(*world.developed("secret", "ada"), *world.taken("dawn", "ada", "lake"))
        assert shows((await api.json("bo", path))["cover"]) == "dusk"
        for chosen, shown in (("theirs", "theirs"), ("secret", "dusk"), ("dawn", "dusk")):
            await world.given(world.cover("lake", "ada", chosen))
            for viewer in ("ada", "bo"):
                assert shows((await api.json(viewer, path))["cover"]) == shown, (chosen, viewer)
        await world.given(world.cover("lake", "ada", "theirs"))
        await world.given(g.UserDeactivated(**world.begin(), user_id=named("cy")))
        assert shows((await api.json("bo", path))["cover"]) == "dusk"
        assert shows((await api.json("cy", path))["cover"]) == "theirs"


async def test_thumbs_are_of_the_newest_three_that_the_viewer_sees() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("lake", "ada"))
    for hours, (name, owner) in enumerate((("dusk", "ada"), ("theirs", "cy"), ("dawn", "ada"), ("secret", "ada"))):
        at = MORNING - timedelta(hours=hours)
        await world.given(*world.developed(name, owner, "lake", develops_at=at))
    await world.given(*world.developed("next", "ada", "lake", develops_at=MORNING + timedelta(days=1)))
    async with world.api() as api:
        for path in (f"/v1/rolls/{named('lake')}", "/v1/users/@ada/rolls"):
            body = await api.json("bo", path)
            shown = body.get("items", [body])[0]
            assert [shows(image) for image in shown["thumbs"]] == ["dusk", "theirs", "dawn"]
            assert {image["width"] for image in shown["thumbs"]} == {320}
        await world.given(g.UserDeactivated(**world.begin(), user_id=named("cy")))
        thumbs = (await api.json("bo", f"/v1/rolls/{named('lake')}"))["thumbs"]
        assert [shows(image) for image in thumbs] == ["dusk", "dawn", "secret"]


class Tables(CountingStore):
    """Notes of which tables many partitions are read at once."""

    def __init__(self, store: MemoryStore):
        super().__init__(store)
        self.read = set[str]()

    async def slice_many(self, table: Table, partitions: Keys, **bounds: Any) -> list[list[Any]]:
        """See Store."""
        self.read.add(table.name)
        return await super().slice_many(table, partitions, **bounds)


async def test_thumbs_and_the_newest_as_cover_are_read_from_the_roll_alone() -> None:
    """Seen to fail where the photos of the newest placements are read."""
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    await world.given(*world.developed("dusk", "ada", "lake"))
    stored: Any = world.store
    world.store = seen = Tables(stored)
    async with world.api() as api:
        for path in (f"/v1/rolls/{named('lake')}", "/v1/users/@ada/rolls"):
            body = await api.json("bo", path)
            shown = body.get("items", [body])[0]
            assert (shows(shown["cover"]), [shows(image) for image in shown["thumbs"]]) == ("dusk", ["dusk"])
        assert ROLL_FEED.name in seen.read
        assert PHOTO.name not in seen.read
        await api.json("bo", f"/v1/photos/{named('dusk')}")
        assert PHOTO.name in seen.read  # as it would be noted


@pytest.mark.parametrize("end", [g.PhotoDeleted, g.PhotoTakenDown], ids=["deleted", "taken down"])
async def test_a_photo_that_ended_is_no_thumb_once_its_removals_are_projected(end: Any) -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    events = world.developed("dusk", "ada", "lake")
    await world.given(*events)
    path = f"/v1/rolls/{named('lake')}"
    why = {"reason": "reported"} if end is g.PhotoTakenDown else {}
    async with world.api() as api:
        assert shows((await api.json("bo", path))["cover"]) == "dusk"
        await world.given(*world.ends(end(**world.begin(), **world.about("dusk", "ada"), **why), *events))
        for viewer in ("ada", "bo"):
            body = await api.json(viewer, path)
            assert (body["cover"], body["thumbs"]) == (None, [])


async def test_a_photo_is_a_thumb_once_it_has_developed_in_the_roll() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.roll("lake", "ada"))
    taken = world.taken("dusk", "ada", "lake")
    developed, *in_rolls = world.develops("dusk", "ada", *taken)
    path = f"/v1/rolls/{named('lake')}"
    async with world.api() as api:
        for events, shown in ((taken, []), ([developed], []), (in_rolls, ["dusk"])):
            await world.given(*events)
            assert [shows(image) for image in (await api.json("bo", path))["thumbs"]] == shown


async def test_a_roll_says_when_the_next_of_its_photos_is_ready() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), *world.roll("lake", "ada"), *world.developed("dusk", "ada", "lake"))
    path = f"/v1/rolls/{named('lake')}"
    await world.given(*world.taken("late", "ada", "lake", develops_at=NOW - timedelta(hours=1)))
    async with world.api() as api:
        assert (await api.json("ada", path))["developing"]["ready_at"] is None
        for days in (2, 1):
            at = MORNING + timedelta(days=days)
            await world.given(*world.taken(f"in {days} days", "ada", "lake", develops_at=at))
        shown = await api.json("ada", path)
        assert shown["developing"]["ready_at"] == "2026-06-21T07:00:00.000Z"
        assert shown["developing"]["count"] == shown["counts"]["developing"]
