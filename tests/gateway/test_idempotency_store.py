"""What idempotency stores promise, in memory and in Cassandra."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from events.ids import derived_id
from events.settings import Settings
from producers.decide.decision import Claim
from producers.publisher import EncodedRecord
from producers.writes.idempotency import (
    TTL_SECONDS,
    CassandraIdempotencyStore,
    IdempotencyKey,
    IdempotencyStore,
    KeyReused,
)
from producers.writes.plan import Plan, parse_plan
from projections.private.keyspace import private_keyspace
from projections.store.cassandra import connected
from projections.store.roles import GATEWAY
from tests.gateway.either import Opened, either
from tests.gateway.memory import MemoryIdempotencyStore
from tests.gateway.world import ADA, BOB, one

pytestmark = pytest.mark.anyio

Asks = Opened[IdempotencyStore]
PLAN = Plan(
    id=one("thing"),
    event_id=one("event"),
    owner=ADA,
    records=(EncodedRecord("photos", ADA, b"\x00\x01\xff"), EncodedRecord("rolls", ADA, b"")),
    claim=Claim(kind="handle", value="new"),
    release=Claim(kind="handle", value="old"),
)


@pytest.fixture(params=["memory", "cassandra"])
def opened(request: pytest.FixtureRequest) -> Asks:
    """Opens the requests under test."""
    return either(request, MemoryIdempotencyStore, CassandraIdempotencyStore)


def new_key(**more: Any) -> IdempotencyKey:
    """A request that nobody made before."""
    return replace(IdempotencyKey(actor=ADA, route="PUT /v1/photos/{photo_id}/like", key=str(uuid4())), **more)


class TestIdempotencyStore:
    async def test_who_looks_before_anything_is_decided_finds_nothing_and_leaves_nothing(
        self, opened: Opened[IdempotencyStore]
    ) -> None:
        async with opened() as requests:
            request = new_key()
            assert await requests.find(request, "body") is None
            assert await requests.find(request, "another") is None

    async def test_the_key_is_bound_to_the_body(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            await requests.save_plan(request, "body", PLAN)
            with pytest.raises(KeyReused):
                await requests.find(request, "another")
            with pytest.raises(KeyReused):
                await requests.save_plan(request, "another", PLAN)

    @pytest.mark.parametrize("other", [{"actor": BOB}, {"route": "POST /v1/rolls"}, {"key": "another"}])
    async def test_other_people_routes_and_keys_are_other_requests(self, opened: Asks, other: dict[str, Any]) -> None:
        async with opened() as requests:
            request = new_key()
            await requests.save_plan(request, "body", PLAN)
            different = replace(request, **other) if "key" not in other else new_key()
            assert await requests.find(different, "another") is None
            assert not (await requests.save_plan(different, "another", PLAN)).tried
            assert different.request != request.request

    async def test_of_two_decisions_the_first_stays_byte_for_byte(self, opened: Asks) -> None:
        async with opened() as requests:
            request, other = new_key(), replace(PLAN, records=(EncodedRecord("photos", ADA, b"other"),))
            first = await requests.save_plan(request, "body", PLAN)
            assert (first.plan, first.age, first.tried) == (PLAN, 0.0, False)
            second = await requests.save_plan(request, "body", other)
            assert (second.plan, second.tried) == (PLAN, True)
            assert await plan_of(requests, request) == PLAN

    async def test_of_many_at_once_one_decides(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            plans = [replace(PLAN, event_id=uuid4()) for _ in range(4)]

            async def attempt(plan: Plan) -> Plan:
                return (await requests.save_plan(request, "body", plan)).plan

            assert len(set(await asyncio.gather(*map(attempt, plans)))) == 1

    async def test_the_answer_is_that_of_the_attempt_that_ended_first(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            kept = await requests.save_plan(request, "body", PLAN)
            later = await requests.save_plan(request, "body", PLAN)
            first, second = PLAN.executed("photos-0@1"), PLAN.executed("photos-0@2")
            assert await requests.save_answer(request, kept, first) == first
            assert await requests.save_answer(request, later, second) == first
            assert await plan_of(requests, request) == first
            with pytest.raises(KeyReused):
                await requests.find(request, "another")

    async def test_whoever_comes_later_answers_for_one_that_noted_nothing(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            await requests.save_plan(request, "body", PLAN)
            kept = await requests.find(request, "body")
            assert kept is not None
            executed = PLAN.executed("photos-0@2")
            assert await requests.save_answer(request, kept, executed) == executed
            assert await plan_of(requests, request) == executed

    async def test_a_lost_plan_is_replaced_once(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            await requests.save_plan(request, "body", PLAN)
            plans = [replace(PLAN, event_id=uuid4()) for _ in range(4)]
            attempts = (requests.replace_plan(request, "body", lost=PLAN, plan=plan) for plan in plans)
            kept = await asyncio.gather(*attempts)
            assert len({each.plan for each in kept}) == 1
            assert kept[0].plan in plans
            assert sorted(each.tried for each in kept) == [False, True, True, True]
            assert await plan_of(requests, request) == kept[0].plan

    async def test_an_answer_to_a_plan_that_was_replaced_is_not_kept(self, opened: Asks) -> None:
        async with opened() as requests:
            request, other = new_key(), replace(PLAN, event_id=uuid4())
            kept = await requests.save_plan(request, "body", PLAN)
            await requests.replace_plan(request, "body", lost=PLAN, plan=other)
            executed = PLAN.executed("photos-0@1")
            assert await requests.save_answer(request, kept, executed) == executed
            assert await plan_of(requests, request) == other

    async def test_a_plan_that_another_attempt_left_says_how_old_it_is(self, opened: Asks) -> None:
        async with opened() as requests:
            request = new_key()
            await requests.save_plan(request, "body", PLAN)
            kept = await requests.find(request, "body")
            assert kept is not None
            assert kept.kept_at is not None
            assert 0 <= kept.age < 60
            assert kept.age_at(kept.read_at + 7) == pytest.approx(kept.age + 7)


async def plan_of(requests: IdempotencyStore, request: IdempotencyKey) -> Plan:
    """The plan that is kept."""
    kept = await requests.find(request, "body")
    assert kept is not None
    return kept.plan


async def test_all_of_a_request_is_forgotten_after_a_day(darkroom: Settings) -> None:
    async with connected(darkroom, GATEWAY, darkroom.gateway_password) as store:
        requests, request = CassandraIdempotencyStore(store, darkroom), new_key()
        kept = await requests.save_plan(request, "body", PLAN)
        await requests.save_answer(request, kept, PLAN.executed("photos-0@1"))
        cql = f"SELECT TTL(body), TTL(decided_at), TTL(plan), TTL(answer) FROM {private_keyspace(darkroom)}.requests"
        cql += " WHERE actor = ? AND route = ? AND key = ?"
        (left,) = await store.execute(cql, (request.actor, request.route, request.key))
        assert all(TTL_SECONDS - 120 < seconds <= TTL_SECONDS for seconds in left)


def test_a_plan_is_read_back_as_it_was() -> None:
    for plan in (
        PLAN,
        PLAN.executed("photos-0@1,rolls-3@4"),
        Plan(id=one("thing"), event_id=one("event"), owner=ADA, done=True),
    ):
        assert parse_plan(plan.to_json()) == plan


def test_a_request_has_an_id_that_follows_from_all_of_its_key_and_is_known_for_a_day() -> None:
    key = IdempotencyKey(actor=ADA, route="PUT /v1/me", key="k")
    assert key.request == derived_id(ADA, "PUT /v1/me", "k")
    assert TTL_SECONDS == 24 * 60 * 60
