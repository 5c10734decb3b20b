"""The path of every write: what is kept under a key and when, what its ids are, and what a 202 says."""

import json
from datetime import timedelta
from typing import Any

import pytest

from events.generated import RollCreated, UserDeactivated, UserFollowed, UserReactivated
from events.ids import derived_id
from events.positions import parse_position
from producers.gateway import write
from producers.gateway.write import normalized
from producers.gateway.written import response_of
from producers.writes.idempotency import IdempotencyKey
from producers.writes.plan import Plan
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import PENDING_SECONDS
from tests.gateway.memory import NOW, away
from tests.gateway.world import ADA, BOB, CAT, SETTINGS, begin, one, world
from web.deadline import DEADLINE_SECONDS

pytestmark = pytest.mark.anyio

KEY = {"Idempotency_Key": "k1"}
FOLLOW = f"/v1/users/{ADA}/follow"
FOLLOWS = IdempotencyKey(actor=BOB, route="PUT /v1/users/{user_id}/follow", key="k1")
GONE = UserDeactivated(**begin("gone", BOB), user_id=BOB)


async def test_all_ids_follow_from_who_asks_for_what_under_which_key() -> None:
    async with world() as here:
        answer = await here.ask(ADA, "POST", "/v1/rolls", {"title": "Midsummer"}, **KEY)
        request = derived_id(ADA, "POST /v1/rolls", "k1")
        assert answer.json() | {"position": ""} == {
            "event_id": str(derived_id(request, "RollCreated")),
            "id": str(derived_id(request, "roll")),
            "position": "",
        }
        assert IdempotencyKey(actor=ADA, route="POST /v1/rolls", key="k1").request == request


async def test_a_plan_is_kept_before_its_records_are_appended_and_is_what_the_next_attempt_appends() -> None:
    async with world() as here:
        here.appended.refusals.append(away())
        assert (await here.ask(BOB, "PUT", FOLLOW, **KEY)).status_code == 503
        ((body, plan),) = [kept for key, kept in here.idempotency.kept.items() if key == FOLLOWS]
        event_id = derived_id(derived_id(BOB, FOLLOWS.route, "k1"), "UserFollowed")
        assert plan == Plan(id=event_id, event_id=event_id, owner=BOB, records=plan.records)
        here.now += timedelta(minutes=5)
        await here.given(GONE)  # whoever was allowed then is not asked again
        answer = await here.ask(BOB, "PUT", FOLLOW, **KEY)
        position = parse_position(answer.json()["position"])
        record = here.appended.log.partitions[position.topic, position.partition][position.offset]
        assert [each.value for each in plan.records] == [record.value]
        assert here.idempotency.kept == {FOLLOWS: (body, plan)}
        assert here.idempotency.answers == {(FOLLOWS, plan): plan.executed(str(position))}
        followed = UserFollowed(event_id=event_id, occurred_at=NOW, actor_id=BOB, follower_id=BOB, followee_id=ADA)
        assert [event for event in await here.log() if isinstance(event, UserFollowed)] == [followed]


async def test_what_is_refused_leaves_its_key_free() -> None:
    async with world() as here:
        assert (await here.ask(BOB, "PUT", f"/v1/users/{BOB}/follow", **KEY)).status_code == 403
        assert here.idempotency.kept == {}
        assert (await here.ask(BOB, "PUT", FOLLOW, **KEY)).status_code == 202


async def test_a_key_that_was_used_is_refused_for_another_request_that_would_be_refused_too() -> None:
    async with world() as here:
        assert (await here.ask(BOB, "PUT", FOLLOW, **KEY)).status_code == 202
        for other in (CAT, BOB):  # whom he may follow, and whom he may not
            answer = await here.ask(BOB, "PUT", f"/v1/users/{other}/follow", **KEY)
            detail = "This Idempotency-Key was used for another request."
            assert (answer.status_code, answer.json()["detail"]) == (422, detail)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/rolls", {"title": "Sea", "theme": "x"}, 202),
        ("/v1/rolls", {"theme": "x", "title": "Sea"}, 202),
        ("/v1/rolls", {"title": "Sea"}, 422),
        ("/v1/rolls", {"title": "Sea ", "theme": "x"}, 422),
        ("/v1/rolls?again", {"title": "Sea", "theme": "x"}, 422),
    ],
)
async def test_a_key_is_good_for_one_path_query_and_body(path: str, body: Any, status: int) -> None:
    async with world() as here:
        first = await here.ask(ADA, "POST", "/v1/rolls", {"title": "Sea", "theme": "x"}, **KEY)
        count = await here.count()
        again = await here.ask(ADA, "POST", path, body, **KEY)
        assert again.status_code == status
        assert (again.json() == first.json()) == (status == 202)
        assert await here.count() == count


async def test_another_person_or_route_may_use_the_same_key() -> None:
    async with world() as here:
        answers = [
            await here.ask(BOB, "PUT", FOLLOW, **KEY),
            await here.ask(CAT, "PUT", FOLLOW, **KEY),
            await here.ask(BOB, "POST", "/v1/rolls", {"title": "Sea"}, **KEY),
        ]
        assert [answer.status_code for answer in answers] == [202] * 3
        assert len({answer.json()["event_id"] for answer in answers}) == 3
        assert set(here.idempotency.kept) == {
            FOLLOWS,
            IdempotencyKey(actor=CAT, route=FOLLOWS.route, key="k1"),
            IdempotencyKey(actor=BOB, route="POST /v1/rolls", key="k1"),
        }


@pytest.mark.parametrize(("length", "status"), [(0, 422), (1, 202), (200, 202), (201, 422)])
async def test_a_key_has_one_to_two_hundred_characters(length: int, status: int) -> None:
    async with world() as here:
        answer = await here.ask(BOB, "PUT", FOLLOW, Idempotency_Key="k" * length)
        assert answer.status_code == status


async def test_who_is_deactivated_may_go_away_and_come_back_and_nothing_else() -> None:
    async with world(GONE) as here:
        refused = [
            await here.ask(BOB, "PUT", FOLLOW),
            await here.ask(BOB, "PATCH", "/v1/me", {"bio": "x"}),
            await here.ask(BOB, "POST", "/v1/uploads", {"content_type": "image/png"}),
        ]
        detail = "Your account is deactivated. POST /v1/me/reactivate brings it back."
        assert [(each.status_code, each.json()["detail"]) for each in refused] == [(403, detail)] * 3
        assert (await here.ask(BOB, "POST", "/v1/me/deactivate")).status_code == 202
        assert (await here.ask(BOB, "POST", "/v1/me/reactivate")).status_code == 202
        made = [type(event) for event in await here.log() if event.actor_id == BOB]
        assert made[-2:] == [UserDeactivated, UserReactivated]


async def test_who_registered_moments_ago_may_write_before_the_read_models_know_them() -> None:
    async with world() as here:
        answer = await here.ask(one("dan"), "POST", "/v1/rolls", {"title": "Sea"})
        assert answer.status_code == 202
        assert [e.creator_id for e in await here.log() if isinstance(e, RollCreated)][-1:] != [None]
        assert one("dan") in {e.creator_id for e in await here.log() if isinstance(e, RollCreated)}
        assert (await here.ask(one("dan"), "PATCH", "/v1/me", {"bio": "x"})).status_code == 503


async def test_a_claim_lasts_from_the_attempt_that_appends_and_not_from_the_decision() -> None:
    async with world() as here:
        new = handle_hmac(SETTINGS, "ada.l")
        for minutes in (0, 1, 5):
            here.now = NOW + timedelta(minutes=minutes)
            here.appended.refusals.append(away())
            assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"}, **KEY)).status_code == 503
            assert here.claims.kept["handle", new].until == here.now + timedelta(seconds=PENDING_SECONDS)
        assert (await here.ask(ADA, "PATCH", "/v1/me", {"handle": "ada.l"}, **KEY)).status_code == 202
        assert here.claims.kept["handle", new].until == here.now + timedelta(seconds=PENDING_SECONDS)


def test_a_log_that_does_not_answer_is_waited_for_less_long_than_a_request_may_take() -> None:
    assert write.ANSWER_SECONDS < DEADLINE_SECONDS


@pytest.mark.parametrize(
    ("plan", "position"),
    [
        (Plan(id=one("thing"), event_id=one("event"), owner=ADA, position="photos-3@41", done=True), "photos-3@41"),
        (Plan(id=one("thing"), event_id=one("event"), owner=ADA, done=True), None),
    ],
)
def test_a_202_names_the_thing_the_fact_and_where_it_is(plan: Plan, position: str | None) -> None:
    answer = response_of(plan)
    assert answer.status_code == 202
    expected = {"event_id": str(one("event")), "id": str(one("thing")), "position": position}
    assert json.loads(bytes(answer.body)) == expected
    assert answer.headers.get("darkroom-position") == position


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", None),
        (b"null", None),
        (b'{"b": 1, "a": [2]}', {"a": [2], "b": 1}),
        (b"{", "7b"),
        (b"\xff", "ff"),
        (b"[" * 100_000, "5b" * 100_000),
    ],
)
def test_a_body_that_is_no_json_is_told_apart_by_its_bytes(body: bytes, said: object) -> None:
    assert normalized(body) == said
