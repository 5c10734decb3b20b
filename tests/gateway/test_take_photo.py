"""Registering a photo over HTTP: what was sent, who sends it, and that an upload is good for one photo."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.generated import PhotoAddedToRoll, PhotoTaken, ProfileChanged
from events.ids import derived_id
from producers.decide.develops_at import RULE_VERSION
from producers.uploads import Uploaded
from producers.writes.idempotency import IdempotencyKey
from tests.gateway.memory import NOW
from tests.gateway.world import ADA, BOB, PRIVATE, PUBLIC, GatewayWorld, begin, one, world

pytestmark = pytest.mark.anyio

UPLOAD = one("upload")
OBJECT = f"uploads/{ADA}/{UPLOAD}"
ABOUT = IdempotencyKey(actor=ADA, route="POST /v1/photos of", key=str(UPLOAD))
REQUEST = derived_id(ADA, "POST /v1/photos of", str(UPLOAD))
PHOTO = derived_id(REQUEST, "photo")
NINE = datetime(2026, 6, 20, 7, tzinfo=UTC)
BODY: dict[str, Any] = {"upload_id": str(UPLOAD)}
TAKEN = PhotoTaken(
    event_id=derived_id(REQUEST, "PhotoTaken"),
    occurred_at=NOW,
    actor_id=ADA,
    photo_id=PHOTO,
    owner_id=ADA,
    taken_at=NOW,
    develops_at=NINE,
    zone="Europe/Berlin",
    rule_version=RULE_VERSION,
    object_key=OBJECT,
    etag="etag",
    on_profile=True,
)


async def photo_facts(here: GatewayWorld) -> list[object]:
    return [event for event in await here.log() if isinstance(event, PhotoTaken | PhotoAddedToRoll)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, TAKEN),
        ({"on_profile": False}, replace(TAKEN, on_profile=False)),
        ({"taken_at": "2026-06-18T21:00:00Z"}, replace(TAKEN, taken_at=datetime(2026, 6, 18, 21, tzinfo=UTC))),
    ],
)
async def test_a_photo_is_registered_as_it_was_asked_for(asked: dict[str, Any], expected: PhotoTaken) -> None:
    async with world() as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        answer = await here.ask(ADA, "POST", "/v1/photos", BODY | asked)
        assert answer.status_code == 202
        assert (answer.json()["id"], answer.json()["event_id"]) == (str(PHOTO), str(TAKEN.event_id))
        assert await photo_facts(here) == [expected]


async def test_a_photo_is_placed_in_each_roll_once_in_the_order_that_was_asked_for() -> None:
    async with world() as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        rolls = [str(roll) for roll in (PRIVATE, PUBLIC, PRIVATE)]
        await here.ask(ADA, "POST", "/v1/photos", BODY | {"rolls": rolls})
        placements = [
            PhotoAddedToRoll(
                event_id=derived_id(REQUEST, "PhotoAddedToRoll", roll),
                occurred_at=NOW,
                actor_id=ADA,
                photo_id=PHOTO,
                owner_id=ADA,
                roll_id=roll,
                taken_at=NOW,
                develops_at=NINE,
            )
            for roll in (PRIVATE, PUBLIC)
        ]
        assert await photo_facts(here) == [TAKEN, *placements]


async def test_a_photo_develops_where_its_owner_lives_now() -> None:
    moved = ProfileChanged(**begin("moved", ADA), user_id=ADA, changed=("zone",), zone="Asia/Tokyo")
    async with world(moved) as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        await here.ask(ADA, "POST", "/v1/photos", BODY)
        develops = datetime(2026, 6, 21, tzinfo=UTC)
        assert await photo_facts(here) == [replace(TAKEN, zone="Asia/Tokyo", develops_at=develops)]


async def test_in_a_demo_a_delay_takes_the_mornings_place() -> None:
    async with world() as here:
        settings = here.resources.settings.model_copy(update={"develop_delay": timedelta(seconds=20)})
        object.__setattr__(here.resources, "settings", settings)
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        await here.ask(ADA, "POST", "/v1/photos", BODY)
        develops = NOW + timedelta(seconds=20)
        assert await photo_facts(here) == [replace(TAKEN, develops_at=develops, rule_version="delay-20s")]


@pytest.mark.parametrize(("size", "status"), [(0, 422), (1, 202), (30_000_000, 202), (30_000_001, 422)])
async def test_a_file_has_one_byte_to_thirty_megabytes(size: int, status: int) -> None:
    async with world() as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", size)
        answer = await here.ask(ADA, "POST", "/v1/photos", BODY)
        assert answer.status_code == status
        if status == 422:
            detail = f"A photo has 1 to 30000000 bytes, and this file {size}."
            assert answer.json()["detail"] == detail
        assert len(await photo_facts(here)) == (status == 202)


async def test_who_is_not_known_yet_is_asked_to_try_again() -> None:
    async with world() as here:
        dan = one("dan")
        here.uploads.sent[f"uploads/{dan}/{UPLOAD}"] = Uploaded("etag", 1000)
        answer = await here.ask(dan, "POST", "/v1/photos", BODY)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(("roll", "status"), [(PUBLIC, 403), (PRIVATE, 404)])
async def test_a_photo_goes_into_no_roll_that_its_owner_is_not_in(roll: UUID, status: int) -> None:
    async with world() as here:
        here.uploads.sent[f"uploads/{BOB}/{UPLOAD}"] = Uploaded("etag", 1000)
        answer = await here.ask(BOB, "POST", "/v1/photos", BODY | {"rolls": [str(roll)]})
        assert answer.status_code == status
        assert await photo_facts(here) == []


async def test_an_upload_is_registered_once_whatever_its_keys_are() -> None:
    async with world() as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        first = await here.ask(ADA, "POST", "/v1/photos", BODY, Idempotency_Key="k1")
        for key in ({}, {"Idempotency_Key": "k1"}, {"Idempotency_Key": "k2"}):
            here.now += timedelta(minutes=1)
            again = await here.ask(ADA, "POST", "/v1/photos", BODY, **key)
            assert (again.status_code, again.json()) == (202, first.json())
        assert await photo_facts(here) == [TAKEN]
        plans = {key: plan for key, (_, plan) in here.idempotency.kept.items()}
        assert set(plans) == {ABOUT} | {
            IdempotencyKey(actor=ADA, route="POST /v1/photos", key=key) for key in ("k1", "k2")
        }
        assert here.idempotency.answers == {
            (ABOUT, plans[ABOUT]): plans[ABOUT].executed(first.json()["position"]),
        }


async def test_an_upload_with_other_details_and_a_key_with_another_upload_are_refused() -> None:
    async with world() as here:
        here.uploads.sent[OBJECT] = Uploaded("etag", 1000)
        await here.ask(ADA, "POST", "/v1/photos", BODY, Idempotency_Key="k1")
        other = BODY | {"on_profile": False}
        same_key = await here.ask(ADA, "POST", "/v1/photos", other, Idempotency_Key="k1")
        assert same_key.status_code == 422
        assert same_key.json()["detail"] == "This Idempotency-Key was used for another request."
        for key in ({}, {"Idempotency_Key": "k2"}):
            answer = await here.ask(ADA, "POST", "/v1/photos", other, **key)
            assert answer.status_code == 409
            assert answer.json()["detail"] == "This was registered already, with other details."
        assert await photo_facts(here) == [TAKEN]


async def test_two_people_may_have_uploads_of_the_same_id() -> None:
    async with world() as here:
        here.uploads.sent |= {f"uploads/{who}/{UPLOAD}": Uploaded("etag", 1) for who in (ADA, BOB)}
        answers = [await here.ask(who, "POST", "/v1/photos", BODY) for who in (ADA, BOB)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_form_is_for_the_persons_own_object_and_follows_from_the_key() -> None:
    async with world() as here:
        body = {"content_type": "image/png"}
        answer = await here.ask(ADA, "POST", "/v1/uploads", body, Idempotency_Key="k1")
        upload = derived_id(derived_id(ADA, "POST /v1/uploads", "k1"), "upload")
        assert (answer.status_code, answer.json()) == (
            201,
            {
                "upload_id": str(upload),
                "url": "http://s3.example/bucket",
                "fields": {"key": f"uploads/{ADA}/{upload}", "Content-Type": "image/png"},
                "expires_at": "2026-06-19T21:19:11.482000Z",
            },
        )
        unkeyed = [(await here.ask(ADA, "POST", "/v1/uploads", body)).json()["upload_id"] for _ in range(2)]
        assert len({*unkeyed, str(upload)}) == 3
