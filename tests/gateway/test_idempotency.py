"""Asking again: whatever became of an attempt, what a request makes, it makes once."""

import asyncio
from datetime import timedelta

import pytest

from events.generated import PhotoLiked, UserFollowed
from events.positions import parse_positions
from producers.gateway import write
from producers.publisher import EncodedRecord
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import PENDING_SECONDS
from projections.store.protocol import StoreUnavailable
from tests.gateway.memory import away
from tests.gateway.shown import PHOTO, taken
from tests.gateway.world import ADA, BOB, PUBLIC, SETTINGS, begin, one, world

pytestmark = pytest.mark.anyio

KEY = {"Idempotency_Key": "k1"}
ROLL = {"title": "Midsummer", "theme": "lake"}
LIKED = PhotoLiked(**begin("liked", BOB), photo_id=PHOTO, liker_id=BOB)
LIKE = f"/v1/photos/{PHOTO}/like"


async def test_the_same_request_gives_the_same_answer_and_one_fact() -> None:
    async with world() as here:
        first = await here.ask(ADA, "POST", "/v1/rolls", ROLL, **KEY)
        count = await here.count()
        here.now += timedelta(hours=5)
        reordered = dict(reversed(ROLL.items()))
        again = await here.ask(ADA, "POST", "/v1/rolls", reordered, **KEY)
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["darkroom-position"] == first.headers["darkroom-position"]
        assert await here.count() == count


async def test_without_a_key_every_request_is_a_new_one() -> None:
    async with world() as here:
        answers = [await here.ask(ADA, "POST", "/v1/rolls", ROLL) for _ in range(2)]
        assert len({answer.json()["id"] for answer in answers}) == 2
        assert here.idempotency.kept == {}


async def test_another_body_or_path_under_the_same_key_is_refused() -> None:
    async with world() as here:
        await here.ask(ADA, "POST", "/v1/rolls", ROLL, **KEY)
        other = await here.ask(ADA, "POST", "/v1/rolls", ROLL | {"theme": "sea"}, **KEY)
        assert other.status_code == 422
        assert (await here.ask(BOB, "POST", "/v1/rolls", ROLL | {"theme": "sea"}, **KEY)).status_code == 202
        assert (await here.ask(ADA, "PUT", f"/v1/users/{BOB}/follow", **KEY)).status_code == 202
        assert (await here.ask(ADA, "PUT", f"/v1/users/{one('cat')}/follow", **KEY)).status_code == 422


async def test_an_attempt_that_failed_before_the_log_is_made_up_for() -> None:
    async with world() as here:
        count = await here.count()
        here.appended.refusals.append(away())
        assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY)).status_code == 503
        assert await here.count() == count
        assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY)).status_code == 202
        assert await here.count() == count + 1


@pytest.mark.parametrize("error", [None, away()])
async def test_what_became_of_a_write_that_took_too_long_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    async with world() as here:
        free, append = asyncio.Event(), here.appended.append

        async def slow(records: list[EncodedRecord], traceparent: str = "") -> object:
            await free.wait()
            if error is not None:
                raise error
            return await append(records, traceparent)

        monkeypatch.setattr(write, "ANSWER_SECONDS", 0.01)
        monkeypatch.setattr(here.appended, "append", slow)
        answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY)
        name = f"request {answer.headers['x-request-id']}"
        assert [message.partition(" It may")[0] for message in caplog.messages] == [
            f"{name}: 503: Problem: The log doesn't answer."
        ]
        free.set()
        await here.resources.finish()
        what = "and is in the log since" if error is None else "NotPublished: timed out"
        (message,) = caplog.messages[1:]
        assert message.startswith(f"{name} was answered 503")
        assert message.endswith(what)


async def test_an_undo_whose_answer_was_lost_is_answered_though_nothing_is_left_to_undo() -> None:
    async with world(*taken(PHOTO), LIKED) as here:
        here.appended.refusals.append(StoreUnavailable("the gateway's last moment"))
        here.appended.after = True
        assert (await here.ask(BOB, "DELETE", LIKE, **KEY)).status_code == 503
        await here.fold()
        assert (await here.ask(BOB, "DELETE", LIKE)).status_code == 404  # for another request it is gone
        here.now += timedelta(minutes=1)
        again = await here.ask(BOB, "DELETE", LIKE, **KEY)
        assert (again.status_code, again.json()["id"]) == (202, str(LIKED.event_id))
        (position,) = parse_positions(again.json()["position"])
        records = here.appended.log.partitions[position.topic, position.partition]
        assert records[-1].value == records[-2].value  # the same fact, to the byte


async def test_two_attempts_at_once_make_one_fact_and_give_one_answer() -> None:
    async with world() as here:
        asks = (here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY) for _ in range(5))
        answers = await asyncio.gather(*asks)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        follows = [event for event in await here.log() if isinstance(event, UserFollowed)]
        assert len({(event.event_id, event.occurred_at) for event in follows}) == 1


async def test_a_refusal_is_not_kept_for_the_next_attempt() -> None:
    async with world() as here:
        assert (await here.ask(BOB, "PUT", LIKE, **KEY)).status_code == 404
        await here.given(*taken(PHOTO))
        assert (await here.ask(BOB, "PUT", LIKE, **KEY)).status_code == 202


async def test_a_log_that_is_slow_is_not_waited_for_and_finishes_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as here:
        free = asyncio.Event()
        append = here.appended.append

        async def slow(records: list[EncodedRecord], traceparent: str = "") -> object:
            await free.wait()
            return await append(records, traceparent)

        monkeypatch.setattr(write, "ANSWER_SECONDS", 0.01)
        monkeypatch.setattr(here.appended, "append", slow)
        answer = await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY)
        assert (answer.status_code, "Idempotency-Key" in answer.json()["detail"]) == (503, True)
        assert answer.headers["Retry-After"] == "5"
        count = await here.count()
        free.set()
        await here.resources.finish()
        assert await here.count() == count + 1
        assert (await here.ask(BOB, "PUT", f"/v1/users/{ADA}/follow", **KEY)).status_code == 202
        assert await here.count() == count + 1


async def test_a_handle_whose_claim_was_left_pending_is_its_owners_when_another_wants_it() -> None:
    async with world() as here:
        here.appended.refusals.append(away())
        here.appended.after = True
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"}, **KEY)).status_code == 503
        new, old = (handle_hmac(SETTINGS, handle) for handle in ("ada.l", "ada"))
        assert not here.claims.kept["handle", new].final
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"}, **KEY)).status_code == 202
        assert not here.claims.kept["handle", new].final
        assert not here.claims.kept["handle", old].final
        here.now += timedelta(seconds=PENDING_SECONDS)
        assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada.l"})).status_code == 409
        assert here.claims.kept["handle", new].final
        await here.fold()
        assert (await here.ask(BOB, "PATCH", "/v1/me", {"handle": "ada"})).status_code == 202


async def test_an_upload_id_follows_from_the_key() -> None:
    async with world() as here:
        body = {"content_type": "image/jpeg"}
        first, again = [(await here.ask(ADA, "POST", "/v1/uploads", body, **KEY)).json() for _ in range(2)]
        assert first["upload_id"] == again["upload_id"]
        other = await here.ask(ADA, "POST", "/v1/uploads", {"content_type": "image/png"}, **KEY)
        assert other.status_code == 422


async def test_a_placement_under_two_keys_is_made_once_it_is_known() -> None:
    async with world(*taken(PHOTO)) as here:
        path = f"/v1/photos/{PHOTO}/rolls/{PUBLIC}"
        first = await here.ask(ADA, "PUT", path, **KEY)
        await here.fold()
        second = await here.ask(ADA, "PUT", path, Idempotency_Key="k2")
        assert second.json() == first.json() | {"position": None}
