"""Profiles, handles and rolls over HTTP: which facts a change comes to, and that limits count the right sets."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.generated import HandleChanged, MemberLeft, PhotoDeleted, ProfileChanged, RollChanged, RollDeleted
from events.ids import derived_id
from producers.decide import follows, rolls
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import FINAL
from tests.gateway.memory import NOW, held_by
from tests.gateway.shown import PHOTO, SECRET, placed, taken
from tests.gateway.world import ADA, BOB, CAT, PRIVATE, PUBLIC, SETTINGS, begin, joined, one, world

pytestmark = pytest.mark.anyio

KEY = {"Idempotency_Key": "k1"}
ME = derived_id(ADA, "PATCH /v1/me", "k1")
DEVELOPING, BOBS, GONE = one("developing"), one("bob's photo"), one("gone photo")
DELETED = PhotoDeleted(
    **begin("photo deleted", ADA),
    photo_id=GONE,
    owner_id=ADA,
    taken_at=NOW - timedelta(days=2),
    develops_at=NOW - timedelta(days=1),
)
PHOTOS = [*taken(PHOTO), *taken(DEVELOPING, developed=False), *taken(BOBS, BOB), *taken(GONE), DELETED]


def first_fields(request: UUID, name: str) -> dict[str, Any]:
    return {"event_id": derived_id(request, name), "occurred_at": NOW, "actor_id": ADA}


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        ({"bio": "Mostly swings."}, {"bio": "Mostly swings."}),
        ({"bio": None}, {"bio": None}),
        ({"zone": "Asia/Tokyo", "display_name": "Ada L."}, {"zone": "Asia/Tokyo", "display_name": "Ada L."}),
        ({"avatar": str(PHOTO)}, {"avatar_id": PHOTO}),
        ({"avatar": None}, {"avatar_id": None}),
        ({"handle": "ada", "bio": "x"}, {"bio": "x"}),
    ],
)
async def test_a_profile_is_changed_by_what_the_patch_names(patch: dict[str, Any], fields: dict[str, Any]) -> None:
    async with world(*PHOTOS) as here:
        answer = await here.ask(ADA, "PATCH", "/v1/me", patch, **KEY)
        assert answer.status_code == 202
        assert (answer.json()["id"], answer.json()["event_id"]) == (
            str(ADA),
            str(derived_id(ME, "ProfileChanged")),
        )
        event = ProfileChanged(
            **first_fields(ME, "ProfileChanged"), user_id=ADA, changed=tuple(sorted(fields)), **fields
        )
        assert [e for e in await here.log() if isinstance(e, ProfileChanged | HandleChanged)] == [event]


@pytest.mark.parametrize("photo", [DEVELOPING, BOBS, GONE, one("no photo")])
async def test_a_portrait_is_a_developed_photo_of_ones_own(photo: UUID) -> None:
    async with world(*PHOTOS) as here:
        answer = await here.ask(ADA, "PATCH", "/v1/me", {"avatar": str(photo)})
        assert (answer.status_code, answer.json()["detail"]) == (
            422,
            "A portrait is one of your own developed photos.",
        )


@pytest.mark.parametrize(
    ("handle", "claimed", "facts"),
    [
        ("ada", True, 0),  # it is so already
        ("ADA", True, 0),
        ("ada", False, 1),  # the claim was lost: it is taken again
        ("ada.l", True, 1),
    ],
)
async def test_a_handle_that_one_has_is_taken_again_only_if_its_claim_is_not_ones_own(
    handle: str, claimed: bool, facts: int
) -> None:
    async with world() as here:
        old, new = handle_hmac(SETTINGS, "ada"), handle_hmac(SETTINGS, handle)
        if not claimed:
            del here.claims.kept["handle", old]
        answer = await here.ask(ADA, "PATCH", "/v1/me", {"handle": handle}, **KEY)
        event_id = derived_id(ME, "HandleChanged") if facts else one("ada registered")
        assert (answer.json()["id"], answer.json()["event_id"]) == (str(ADA), str(event_id))
        event = HandleChanged(
            **first_fields(ME, "HandleChanged"),
            user_id=ADA,
            handle=handle,
            handle_hmac=new,
            old_handle_hmac=old,
        )
        assert [e for e in await here.log() if isinstance(e, HandleChanged)] == [event] * facts
        held = {value: kept for (_, value), kept in here.claims.kept.items() if kept.owner == ADA and kept.final}
        assert held == {new: held_by(ADA, event_id, FINAL)}


async def test_a_new_handle_that_the_read_models_do_not_know_yet_is_said_again() -> None:
    async with world() as here:
        for _ in range(2):
            assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"})).json()["position"] is not None
        await here.fold()
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"})).json()["position"] is None


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        ({"title": "Sea", "theme": None}, {"title": "Sea", "theme": None}),
        ({"theme": "x", "visibility": "private"}, {"theme": "x", "visibility": "private"}),
        ({"cover": str(PHOTO)}, {"cover_id": PHOTO}),
        ({"cover": None}, {"cover_id": None}),
    ],
)
async def test_a_roll_is_changed_by_what_the_patch_names(patch: dict[str, Any], fields: dict[str, Any]) -> None:
    async with world(*PHOTOS, placed(PHOTO, PUBLIC)) as here:
        answer = await here.ask(ADA, "PATCH", f"/v1/rolls/{PUBLIC}", patch, **KEY)
        request = derived_id(ADA, "PATCH /v1/rolls/{roll_id}", "k1")
        assert (answer.status_code, answer.json()["id"]) == (202, str(PUBLIC))
        event = RollChanged(
            **first_fields(request, "RollChanged"),
            roll_id=PUBLIC,
            creator_id=ADA,
            changed=tuple(sorted(fields)),
            **fields,
        )
        assert [e for e in await here.log() if isinstance(e, RollChanged)] == [event]


@pytest.mark.parametrize("photo", [PHOTO, DEVELOPING, SECRET, one("no photo")])
async def test_a_cover_is_a_developed_photo_in_the_roll(photo: UUID) -> None:
    placements = [placed(PHOTO, PRIVATE), placed(DEVELOPING, PUBLIC), placed(SECRET, PUBLIC, BOB)]
    shown = [*PHOTOS, *taken(SECRET, BOB, on_profile=False, developed=False)]
    async with world(*shown, *placements) as here:
        answer = await here.ask(ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"cover": str(photo)})
        assert (answer.status_code, answer.json()["detail"]) == (422, "A cover is a developed photo in the roll.")


async def test_a_cover_may_be_another_members_photo() -> None:
    async with world(*PHOTOS, joined(PUBLIC, BOB), placed(BOBS, PUBLIC, BOB)) as here:
        assert (await here.ask(ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"cover": str(BOBS)})).status_code == 202


async def test_the_last_owner_leaves_a_roll_that_is_gone() -> None:
    gone = RollDeleted(**begin("roll deleted", ADA), roll_id=PUBLIC, creator_id=ADA)
    async with world(gone, joined(one("no roll"), ADA, "owner")) as here:
        for roll_id, status in ((PRIVATE, 409), (PUBLIC, 202), (one("no roll"), 202)):
            answer = await here.ask(ADA, "DELETE", f"/v1/rolls/{roll_id}/members/{ADA}")
            assert answer.status_code == status
        assert {e.roll_id for e in await here.log() if isinstance(e, MemberLeft)} == {PUBLIC, one("no roll")}


async def test_limits_count_the_rolls_and_the_people_of_the_one_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolls, "ROLLS_A_PERSON", 2)
    monkeypatch.setattr(follows, "FOLLOWED_PEOPLE", 1)
    async with world(joined(PRIVATE, BOB)) as here:
        assert (await here.ask(ADA, "POST", "/v1/rolls", {"title": "Sea"})).status_code == 409  # in two already
        assert (await here.ask(BOB, "PUT", f"/v1/rolls/{PUBLIC}/members/{BOB}")).status_code == 202
        await here.fold()
        assert (await here.ask(BOB, "POST", "/v1/rolls", {"title": "Sea"})).status_code == 409
        assert (await here.ask(CAT, "POST", "/v1/rolls", {"title": "Sea"})).status_code == 202
        assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow")).status_code == 202
        await here.fold()
        assert (await here.ask(ADA, "PUT", f"/v1/users/{CAT}/follow")).status_code == 409
        assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow")).status_code == 202


async def test_a_cover_may_be_a_photo_that_is_in_another_roll_as_well() -> None:
    async with world(*PHOTOS, placed(PHOTO, PRIVATE), placed(PHOTO, PUBLIC)) as here:
        assert (await here.ask(ADA, "PATCH", f"/v1/rolls/{PUBLIC}", {"cover": str(PHOTO)})).status_code == 202
