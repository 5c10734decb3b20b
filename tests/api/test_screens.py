"""Screens: one thing, the lists that were asked to come with it, and the names of everybody and everything in it."""

from datetime import timedelta
from typing import Any

import pytest

from events import generated as g
from tests.api.world import MORNING, NOW, ApiWorld, named

pytestmark = pytest.mark.anyio

ADA, BO, CY, LAKE, DEN, DUSK = (str(named(name)) for name in ("ada", "bo", "cy", "lake", "den", "dusk"))
MINE = "/v1/me/photos?state="


async def small_world() -> ApiWorld:
    """Ada and bo share a private den; the lake is everybody's. Everybody liked and said something; cy hides."""
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo", "cy")), *world.roll("lake", "ada"), world.joined("lake", "cy"))
    await world.given(*world.roll("den", "ada", "private"), world.joined("den", "bo"), world.joined("lake", "bo"))
    await world.given(*world.developed("face", "ada", on_profile=True), world.portrait("ada", "face"))
    await world.given(*world.developed("dusk", "ada", "lake", "den"), *world.developed("dawn", "bo", "lake"))
    await world.given(*(world.commented("dusk", who, f"{who} was here") for who in ("ada", "bo", "cy")))
    await world.given(g.UserDeactivated(**world.begin(), user_id=named("cy")))
    return world


async def test_a_page_names_those_whom_its_items_name_and_the_viewer_sees() -> None:
    world = await small_world()
    async with world.api() as api:
        page = await api.json("bo", f"/v1/rolls/{LAKE}/photos")
        assert set(page["people"]) == {ADA, BO}
        ada = page["people"][ADA]
        assert (ada["handle"], ada["display_name"], ada["avatar"]["width"]) == ("ada", "Ada", 320)
        assert page["people"][BO]["avatar"] is None
        assert page["rolls"] == {
            LAKE: {"title": "Lake", "visibility": "public"},
            DEN: {"title": "Den", "visibility": "private"},
        }
        assert set((await api.json("nobody", f"/v1/rolls/{LAKE}/photos"))["rolls"]) == {LAKE}
        comments = await api.json("bo", f"/v1/photos/{DUSK}/comments")
        assert set(comments["people"]) == {ADA, BO}
        assert "rolls" not in comments
        assert set((await api.json("cy", f"/v1/photos/{DUSK}/comments"))["people"]) == {ADA, BO, CY}
        assert set((await api.json("bo", "/v1/users/@ada/rolls"))["people"]) == {ADA}
        assert (await api.json("bo", f"/v1/rolls/{LAKE}/members"))["people"] == {}


async def test_somebody_who_hides_is_not_named_by_what_they_made() -> None:
    world = await small_world()
    await world.given(*world.roll("shore", "cy"), world.joined("shore", "ada"))
    shore = f"/v1/rolls/{named('shore')}"
    async with world.api() as api:
        for who, names in (("bo", {ADA}), ("cy", {ADA, CY})):
            page = await api.json(who, "/v1/users/@ada/rolls")
            assert {item["owner"] for item in page["items"]} >= {CY}
            assert set(page["people"]) == names
            assert set((await api.json(who, shore))["people"]) == names - {ADA}
        comments = await api.json("bo", f"/v1/photos/{DUSK}/comments")
        assert [item["author"] for item in comments["items"]] == [BO, ADA]


async def test_a_page_names_nobody_of_what_it_does_not_show() -> None:
    world = await small_world()
    async with world.api() as api:
        first = await api.json("bo", f"/v1/rolls/{LAKE}/photos?limit=1")
        owners = {item["owner"] for item in first["items"]}
        assert set(first["people"]) == owners
        assert len(owners) == 1


@pytest.mark.parametrize(
    ("path", "lists"),
    [
        (
            "/v1/me",
            {"photos": "/v1/me/photos", "rejected": "/v1/me/photos?state=rejected", "rolls": "/v1/users/@bo/rolls"},
        ),
        ("/v1/users/@ada", {"photos": "/v1/users/@ada/photos", "rolls": "/v1/users/@ada/rolls"}),
        (f"/v1/rolls/{LAKE}", {"photos": f"/v1/rolls/{LAKE}/photos", "members": f"/v1/rolls/{LAKE}/members"}),
        (f"/v1/photos/{DUSK}", {"comments": f"/v1/photos/{DUSK}/comments"}),
    ],
)
async def test_a_screen_is_a_thing_with_the_first_pages_of_its_lists(path: str, lists: dict[str, str]) -> None:
    world = await small_world()
    async with world.api() as api:
        alone, whole = await api.json("bo", path), await api.json("bo", f"{path}?include={','.join(lists)}")
        pages = {name: await api.json("bo", each) for name, each in lists.items()}
        named_in = {name: {**alone[name]} for name in ("people", "named_rolls")}
        for name, page in pages.items():
            assert whole[name] == {"items": page["items"], "next": page["next"]}, name
            assert path == "/v1/me" or page["items"], name
            named_in["people"] |= page["people"]
            named_in["named_rolls"] |= page.get("rolls", {})
        assert {name: whole[name] for name in named_in} == named_in
        untouched = alone.keys() - named_in.keys()
        assert {name: whole[name] for name in untouched} == {name: alone[name] for name in untouched}


async def test_a_screens_list_goes_on_where_its_next_says() -> None:
    world = await small_world()
    await world.given(*(world.commented("dusk", "ada", f"text {n}") for n in range(40)))
    async with world.api() as api:
        listed = (await api.json("bo", f"/v1/photos/{DUSK}?include=comments"))["comments"]
        rest = await api.json("bo", f"/v1/photos/{DUSK}/comments?cursor={listed['next']}")
        texts = [item["text"] for item in [*listed["items"], *rest["items"]]]
        assert len(listed["items"]) == 30
        assert texts == [*(f"text {n}" for n in reversed(range(40))), "bo was here", "ada was here"]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/v1/me", "photos, rejected, rolls"),
        ("/v1/users/@ada", "photos, rolls"),
        (f"/v1/rolls/{LAKE}", "photos, members"),
        (f"/v1/photos/{DUSK}", "comments"),
    ],
)
async def test_an_include_that_is_not_known_is_refused_with_those_that_are(path: str, known: str) -> None:
    world = await small_world()
    async with world.api() as api:
        for wrong in ("letters", "photos,letters", "Photos"):
            refused = await api.get("ada", f"{path}?include={wrong}")
            assert refused.status_code == 400
            assert known in refused.json()["detail"]
            assert "letters" not in refused.text
        for nothing in ("", ",", "%20"):
            assert (await api.get("ada", f"{path}?include={nothing}")).status_code == 200


async def test_a_screen_of_what_may_not_be_seen_is_not_there() -> None:
    world = await small_world()
    async with world.api() as api:
        for path in (f"/v1/rolls/{DEN}?include=photos,members", f"/v1/users/{CY}?include=photos,rolls"):
            assert (await api.get("nobody", path)).status_code == 404


async def test_the_darkroom_counts_what_develops_and_says_when_the_next_is_ready() -> None:
    world = ApiWorld()
    await world.given(world.person("ada"), *world.developed("dusk", "ada"))
    async with world.api() as api:
        assert (await api.json("ada", "/v1/me"))["developing"] == {"count": 0, "ready_at": None}
        for days in (3, 1):
            await world.given(*world.taken(f"in {days}", "ada", develops_at=MORNING + timedelta(days=days)))
        await world.given(*world.taken("late", "ada"))
        in_a_day = {"count": 3, "ready_at": "2026-06-21T07:00:00.000Z"}
        assert (await api.json("ada", "/v1/me"))["developing"] == in_a_day
        soonest = world.about("in 1", "ada", MORNING + timedelta(days=1))
        await world.given(g.PhotoRejected(**world.begin(), **soonest, code="size", reason="It is too large."))
        in_three = {"count": 2, "ready_at": "2026-06-23T07:00:00.000Z"}
        assert (await api.json("ada", "/v1/me"))["developing"] == in_three


async def test_rejected_photos_are_listed_with_their_reason_for_their_owner() -> None:
    world = ApiWorld()
    await world.given(*map(world.person, ("ada", "bo")), *world.developed("dusk", "ada"))
    names = [f"bad {n}" for n in range(3)]
    for n, name in enumerate(names):
        about = world.about(name, "ada", MORNING - timedelta(days=n))
        rejected = g.PhotoRejected(**world.begin(), **about, code="size", reason=f"Because of {n}.")
        await world.given(*world.taken(name, "ada", develops_at=about["develops_at"]), rejected)
    async with world.api() as api:
        shown = await api.walk("ada", "/v1/me/photos?state=rejected", limit=1)
        assert [each["id"] for each in shown] == [str(named(name)) for name in names]
        assert [each["rejected_reason"] for each in shown] == [f"Because of {n}." for n in range(3)]
        whole: dict[str, Any] = await api.json("ada", "/v1/me?include=rejected")
        assert whole["rejected"]["items"] == shown
        assert await api.walk("bo", "/v1/me/photos?state=rejected") == []


async def test_what_has_developed_is_shown_from_the_next_second_on_and_never_early() -> None:
    world = ApiWorld()
    due = NOW + timedelta(seconds=10, milliseconds=400)
    await world.given(world.person("ada"), *world.roll("lake", "ada"))
    await world.given(*world.developed("dusk", "ada", "lake", on_profile=True, develops_at=due))
    async with world.api() as api:
        for later, shown in ((0.399, 0), (0.4, 0), (0.999, 0), (1.0, 1)):
            world.now = NOW + timedelta(seconds=10 + later)
            for path in (f"/v1/rolls/{LAKE}/photos", "/v1/users/@ada/photos", "/v1/me/photos?state=developed"):
                assert len((await api.json("ada", path))["items"]) == shown, (later, path)
            state = "developed" if shown else "developing"
            assert (await api.json("ada", f"/v1/photos/{DUSK}"))["state"] == state
