"""A photo, from being taken to being seen."""

from datetime import timedelta

import pytest

from events import generated as g
from tests.api.world import MORNING, NOW, ApiWorld, named

pytestmark = pytest.mark.anyio


async def test_while_a_photo_develops_its_owner_is_told_when_it_will_have_and_nobody_else_that_there_is_one() -> None:
    world = ApiWorld()
    later = MORNING + timedelta(days=1)
    await world.given(world.person("ada"), world.person("bo"), *world.roll("lake", "ada"))
    await world.given(world.joined("lake", "bo"), *world.taken("dusk", "ada", "lake", develops_at=later))
    await world.given(world.filtered("dusk", "ada", later), world.liked("dusk", "ada"))
    async with world.api() as api:
        path = f"/v1/photos/{named('dusk')}"
        shown = await api.json("ada", path)
        assert shown["state"] == "developing"
        assert shown["develops_at"] == "2026-06-21T07:00:00.000Z"
        assert shown["taken_at"] == "2026-06-20T19:00:00.000Z"
        assert shown["images"] is None
        assert shown["blurhash"] is None
        for at in (path, f"{path}/likers", f"{path}/comments"):
            assert (await api.get("bo", at)).status_code == 404
            assert (await api.get("ada", at)).status_code == 200
        assert (await api.json("bo", f"/v1/rolls/{named('lake')}"))["counts"] == {
            "photos": 1,
            "members": 2,
            "followers": 0,
            "developing": 1,
        }


async def test_a_developed_photo_has_images_counts_and_what_the_viewer_has_to_do_with_it() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("lake", "ada"))
    await world.given(*world.developed("dusk", "ada", "lake"), world.liked("dusk", "bo"))
    await world.given(world.liked("dusk", "cy"), world.commented("dusk", "cy", "The light!"))
    async with world.api() as api:
        shown = await api.json("bo", f"/v1/photos/{named('dusk')}")
        assert shown["counts"] == {"likes": 2, "comments": 1}
        assert shown["viewer"] == {"liked": True}
        assert shown["rolls"] == [str(named("lake"))]
        assert shown["blurhash"] == "blurhash of dusk"
        assert {size: image["width"] for size, image in shown["images"].items()} == {
            "full": 2000,
            "feed": 1080,
            "thumb": 320,
        }
        assert not (await api.json("ada", f"/v1/photos/{named('dusk')}"))["viewer"]["liked"]
        likers = await api.walk("ada", f"/v1/photos/{named('dusk')}/likers")
        assert [liker["handle"] for liker in likers] == ["cy", "bo"]
        comments = await api.walk("ada", f"/v1/photos/{named('dusk')}/comments")
        assert [(each["author"], each["text"]) for each in comments] == [(str(named("cy")), "The light!")]


async def test_a_photo_that_was_developed_early_is_developing_until_its_time_comes() -> None:
    """A worker whose clock is an hour ahead developed it."""
    world = ApiWorld()
    due = NOW + timedelta(minutes=30)
    await world.given(world.person("ada"), world.person("bo"), *world.roll("lake", "ada"))
    await world.given(*world.developed("dusk", "ada", "lake", on_profile=True, develops_at=due))
    await world.given(world.portrait("ada", "dusk"), world.cover("lake", "ada", "dusk"))
    path = f"/v1/photos/{named('dusk')}"
    async with world.api() as api:
        shown = await api.json("ada", path)
        assert (shown["state"], shown["images"], shown["blurhash"]) == ("developing", None, None)
        assert (await api.get("bo", path)).status_code == 404
        assert await api.walk("bo", f"/v1/rolls/{named('lake')}/photos") == []
        assert (await api.json("bo", f"/v1/rolls/{named('lake')}"))["cover"] is None
        assert (await api.json("bo", "/v1/users/@ada"))["avatar"] is None
        world.now = due
        assert (await api.json("bo", path))["state"] == "developed"
        assert len(await api.walk("bo", f"/v1/rolls/{named('lake')}/photos")) == 1


async def test_only_the_owner_learns_why_a_photo_was_rejected() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), world.person("bo"), *world.taken("dusk", "ada", on_profile=True))
    await world.given(
        g.PhotoRejected(**world.begin(), **world.about("dusk", "ada"), code="size", reason="It is too large.")
    )
    async with world.api() as api:
        shown = await api.json("ada", f"/v1/photos/{named('dusk')}")
        assert (shown["state"], shown["rejected_reason"]) == ("rejected", "It is too large.")
        assert (await api.get("bo", f"/v1/photos/{named('dusk')}")).status_code == 404
        assert await api.walk("ada", f"/v1/users/{named('ada')}/photos") == []


async def test_a_photo_that_was_deleted_or_taken_down_is_gone_for_everybody() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), world.person("bo"), *world.roll("lake", "ada"))
    await world.given(*world.developed("one", "ada", "lake"), *world.developed("two", "ada", "lake"))
    await world.given(
        g.PhotoDeleted(**world.begin(), **world.about("one", "ada")),
        g.PhotoTakenDown(**world.begin(), **world.about("two", "ada"), reason="reported"),
    )
    async with world.api() as api:
        for viewer in ("ada", "bo"):
            for name in ("one", "two"):
                assert (await api.get(viewer, f"/v1/photos/{named(name)}")).status_code == 404
            assert await api.walk(viewer, f"/v1/rolls/{named('lake')}/photos") == []
        assert await api.walk("ada", "/v1/me/photos") == []


async def test_a_photo_of_a_private_roll_is_seen_by_its_members_and_names_only_rolls_that_the_viewer_sees() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("den", "ada", "private"))
    await world.given(*world.roll("lake", "ada"), world.joined("den", "bo"))
    await world.given(*world.developed("dusk", "ada", "den"), *world.developed("dawn", "ada", "den", "lake"))
    async with world.api() as api:
        assert (await api.get("bo", f"/v1/photos/{named('dusk')}")).status_code == 200
        assert (await api.get("cy", f"/v1/photos/{named('dusk')}")).status_code == 404
        assert (await api.json("cy", f"/v1/photos/{named('dawn')}"))["rolls"] == [str(named("lake"))]
        both = sorted(str(named(roll)) for roll in ("den", "lake"))
        assert (await api.json("bo", f"/v1/photos/{named('dawn')}"))["rolls"] == both


async def test_comments_of_somebody_who_hid_their_account_are_hidden_and_come_back() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.developed("dusk", "ada", on_profile=True))
    await world.given(world.commented("dusk", "bo", "Oh"), world.liked("dusk", "bo"))
    await world.given(g.UserDeactivated(**world.begin(), user_id=named("bo")))
    async with world.api() as api:
        path = f"/v1/photos/{named('dusk')}"
        assert await api.walk("ada", f"{path}/comments") == []
        assert await api.walk("ada", f"{path}/likers") == []
        assert (await api.get("ada", f"/v1/users/{named('bo')}")).status_code == 404
        assert (await api.get("bo", "/v1/me")).status_code == 200
        await world.given(g.UserReactivated(**world.begin(), user_id=named("bo")))
        assert len(await api.walk("ada", f"{path}/comments")) == 1


async def test_a_deleted_comment_is_not_listed() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.developed("dusk", "ada", on_profile=True))
    posted = [world.commented("dusk", "bo", text) for text in ("one", "two", "three")]
    await world.given(*posted)
    await world.given(
        g.CommentDeleted(
            **world.begin(),
            photo_id=named("dusk"),
            author_id=named("bo"),
            comment_id=posted[1].event_id,
            posted_at=posted[1].occurred_at,
        )
    )
    async with world.api() as api:
        shown = await api.walk("ada", f"/v1/photos/{named('dusk')}/comments", limit=1)
        assert [each["text"] for each in shown] == ["three", "one"]
