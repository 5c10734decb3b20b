"""A write that is asked for again when its plan is old is done if it is in the log, and else decided anew.

All times are the database's: a gateway's own clock may be an hour off."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from events.delivery import LANDED_SECONDS
from events.generated import PhotoAddedToRoll, PhotoTaken, UserDeactivated, UserFollowed
from events.ids import derived_id
from producers.uploads import Uploaded
from producers.writes.execute import LOOKED_SECONDS
from producers.writes.idempotency import IdempotencyKey
from projections.store.protocol import StoreUnavailable
from tests.gateway.memory import NOW, Appended, away
from tests.gateway.world import ADA, BOB, PUBLIC, SETTINGS, GatewayWorld, begin, one, world

pytestmark = pytest.mark.anyio

KEY = {"Idempotency_Key": "k1"}
FOLLOW = ("PUT", f"/v1/users/{ADA}/follow")
FOLLOWS = IdempotencyKey(actor=BOB, route="PUT /v1/users/{user_id}/follow", key="k1")
EVENT = derived_id(FOLLOWS.request, "UserFollowed")
AGAIN = SETTINGS.copy_window - LANDED_SECONDS - 2 * LOOKED_SECONDS
UPLOAD = one("upload")
HOUR = timedelta(hours=1)
CLOCKS = pytest.mark.parametrize("ahead", [timedelta(0), HOUR, -HOUR], ids=["right", "ahead", "behind"])


async def follows(here: GatewayWorld) -> list[UserFollowed]:
    return [event for event in await here.log() if isinstance(event, UserFollowed)]


async def fail(here: GatewayWorld, *, landed: bool) -> None:
    """Bob follows Ada, and is answered 503."""
    here.appended.refusals.append(StoreUnavailable("the gateway's last moment") if landed else away())
    here.appended.after = landed
    assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 503
    here.appended.after = False


@CLOCKS
@pytest.mark.parametrize("seconds", [AGAIN + 2, 3600, 80_000])
async def test_what_is_found_in_the_log_is_done(ahead: timedelta, seconds: float) -> None:
    async with world() as here:
        await fail(here, landed=True)
        before = await here.count()
        here.now += timedelta(seconds=seconds)
        here.ahead = ahead
        again = await here.ask(BOB, *FOLLOW, **KEY)
        assert again.status_code == 202
        (event,) = await follows(here)
        assert again.json()["event_id"] == str(event.event_id)
        assert await here.count() == before
        ((_, since),) = here.search.asked
        assert since == NOW  # the plan's time, whatever the gateway's clock says
        third = await here.ask(BOB, *FOLLOW, **KEY)
        assert third.json() == again.json()
        assert len(here.search.asked) == 1


@CLOCKS
@pytest.mark.parametrize("seconds", [0, 1, AGAIN - 1])
async def test_a_young_plan_is_appended_again(ahead: timedelta, seconds: float) -> None:
    async with world() as here:
        await fail(here, landed=True)
        before = await here.count()
        here.now += timedelta(seconds=seconds)
        here.ahead = ahead
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 202
        assert (here.search.asked, await here.count()) == ([], before + 1)


@CLOCKS
async def test_what_is_nowhere_in_the_log_is_decided_anew(ahead: timedelta) -> None:
    async with world() as here:
        await fail(here, landed=False)
        here.now += HOUR
        here.ahead = ahead
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 202
        (event,) = await follows(here)
        assert (event.event_id, event.occurred_at) == (EVENT, NOW + HOUR + ahead)
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 202
        assert len(await follows(here)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(AGAIN + 2, 503), (599, 503), (601, 403)])
async def test_a_new_decision_may_refuse_once_it_is_certain_that_nothing_was_written(seconds: int, status: int) -> None:
    async with world() as here:
        await fail(here, landed=False)
        here.now += timedelta(seconds=seconds)
        await here.given(UserDeactivated(**begin("gone", BOB), user_id=BOB))
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == status
        assert await follows(here) == []


async def test_of_two_gateways_that_decide_anew_one_plan_is_appended_by_both() -> None:
    async with world() as here:
        await fail(here, landed=False)
        here.now += HOUR
        answers = await asyncio.gather(*(here.ask(BOB, *FOLLOW, **KEY) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        values = {record.value for records in here.appended.log.partitions.values() for record in records}
        assert len([value for value in values if str(EVENT).encode() in (value or b"")]) == 1


async def test_two_gateways_whose_clocks_are_two_hours_apart_make_one_fact() -> None:
    async with world() as here:
        here.ahead = HOUR
        await fail(here, landed=True)
        here.ahead = -HOUR
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 202
        assert len({event.occurred_at for event in await follows(here)}) == 1
        assert here.search.asked == []  # for the database no time has passed


async def test_a_log_that_cannot_be_searched_is_a_503() -> None:
    async with world() as here:
        await fail(here, landed=True)
        here.now += HOUR
        here.search.error = away()
        before = await here.count()
        assert (await here.ask(BOB, *FOLLOW, **KEY)).status_code == 503
        assert await here.count() == before


def only_first(appended: Appended) -> Callable[..., Any]:
    """An append of which the first record arrives, and then the gateway dies."""
    append = appended.append

    async def appends(records: Any, traceparent: str = "") -> Any:
        await append(records[:1], traceparent)
        raise away()

    return appends


async def test_of_a_photo_that_was_registered_in_part_the_rest_is_appended(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as here:
        here.uploads.sent[f"uploads/{ADA}/{UPLOAD}"] = Uploaded("etag", 1000)
        photo = ("POST", "/v1/photos", {"upload_id": str(UPLOAD), "rolls": [str(PUBLIC)]})
        with monkeypatch.context() as patched:
            patched.setattr(here.appended, "append", only_first(here.appended))
            assert (await here.ask(ADA, *photo)).status_code == 503
        here.now += HOUR
        answers = [await here.ask(ADA, *photo, **key) for key in ({}, KEY, {})]
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        facts = [event for event in await here.log() if isinstance(event, PhotoTaken | PhotoAddedToRoll)]
        assert [type(event) for event in facts] == [PhotoTaken, PhotoAddedToRoll]
        assert {event.occurred_at for event in facts} == {NOW}
        assert len(here.search.asked) == 1
