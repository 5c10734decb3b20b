"""What Requests promise, in memory and in Cassandra."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from events.settings import Settings
from producers.decide.decision import Claim
from producers.publisher import Record
from producers.writes.idempotency import TTL_SECONDS, AnotherBody, Asked, CassandraRequests, Requests
from producers.writes.plan import Plan, parse_plan
from projections.keyspace import GATEWAY, private
from projections.store.cassandra import connected
from tests.gateway.either import Opened, either
from tests.gateway.world import ADA, BOB, NOW, MemoryRequests, one
from tests.kit import run

Asks = Opened[Requests]
PLAN = Plan(
    one("thing"),
    one("event"),
    ADA,
    (Record("photos", ADA, b"\x00\x01\xff"), Record("rolls", ADA, b"")),
    Claim("handle", "new"),
    Claim("handle", "old"),
)


@pytest.fixture(params=["memory", "cassandra"])
def opened(request: pytest.FixtureRequest) -> Asks:
    """Opens the requests under test."""
    return either(request, MemoryRequests, CassandraRequests)


def asked(**more: Any) -> Asked:
    """A request that nobody made before."""
    return replace(Asked(ADA, "PUT /v1/photos/{photo_id}/like", str(uuid4())), **more)


class TestRequests:
    def test_the_first_attempt_finds_nothing_decided_and_neither_does_one_after_a_crash(
        self, opened: Opened[Requests]
    ) -> None:
        async def case() -> None:
            async with opened() as requests:
                request = asked()
                assert await requests.begin(request, "body", NOW) is None
                assert await requests.begin(request, "body", NOW) is None

        run(case())

    def test_the_key_is_bound_to_the_body(self, opened: Asks) -> None:
        async def case() -> None:
            async with opened() as requests:
                request = asked()
                await requests.begin(request, "body", NOW)
                with pytest.raises(AnotherBody):
                    await requests.begin(request, "another", NOW)

        run(case())

    @pytest.mark.parametrize("other", [{"actor": BOB}, {"route": "POST /v1/rolls"}, {"key": "another"}])
    def test_other_people_routes_and_keys_are_other_requests(self, opened: Asks, other: dict[str, Any]) -> None:
        async def case() -> None:
            async with opened() as requests:
                request = asked()
                await requests.begin(request, "body", NOW)
                different = replace(request, **other) if "key" not in other else asked()
                assert await requests.begin(different, "another", NOW) is None
                assert different.id != request.id

        run(case())

    def test_of_two_decisions_the_first_stays_byte_for_byte(self, opened: Asks) -> None:
        async def case() -> None:
            async with opened() as requests:
                request, other = asked(), replace(PLAN, records=(Record("photos", ADA, b"other"),))
                await requests.begin(request, "body", NOW)
                assert await requests.decide(request, "body", PLAN, NOW) == PLAN
                assert await requests.decide(request, "body", other, NOW) == PLAN
                assert await requests.begin(request, "body", NOW) == PLAN

        run(case())

    def test_of_many_at_once_one_decides(self, opened: Asks) -> None:
        async def case() -> None:
            async with opened() as requests:
                request = asked()
                plans = [replace(PLAN, event_id=uuid4()) for _ in range(4)]

                async def attempt(plan: Plan) -> Plan:
                    standing = await requests.begin(request, "body", NOW)
                    return standing or await requests.decide(request, "body", plan, NOW)

                assert len(set(await asyncio.gather(*map(attempt, plans)))) == 1

        run(case())

    def test_the_first_answer_stays(self, opened: Asks) -> None:
        async def case() -> None:
            async with opened() as requests:
                request = asked()
                await requests.begin(request, "body", NOW)
                await requests.decide(request, "body", PLAN, NOW)
                first, second = PLAN.carried_out("photos-0@1"), PLAN.carried_out("photos-0@2")
                assert await requests.answer(request, "body", PLAN, first) == first
                assert await requests.answer(request, "body", PLAN, second) == first
                assert await requests.begin(request, "body", NOW) == first
                with pytest.raises(AnotherBody):
                    await requests.begin(request, "another", NOW)

        run(case())


def test_all_of_a_request_is_forgotten_after_a_day(darkroom: Settings) -> None:
    async def case() -> None:
        async with connected(darkroom, GATEWAY, darkroom.gateway_password) as store:
            requests, request = CassandraRequests(store, darkroom), asked()
            await requests.begin(request, "body", NOW)
            await requests.decide(request, "body", PLAN, NOW)
            await requests.answer(request, "body", PLAN, PLAN.carried_out("photos-0@1"))
            cql = f"SELECT TTL(body), TTL(decided_at), TTL(answer) FROM {private(darkroom)}.requests"
            cql += " WHERE actor = ? AND route = ? AND key = ?"
            (left,) = await store.execute(cql, (request.actor, request.route, request.key))
            assert all(TTL_SECONDS - 120 < seconds <= TTL_SECONDS for seconds in left)

    run(case())


def test_a_plan_is_read_back_as_it_was() -> None:
    for plan in (PLAN, PLAN.carried_out("photos-0@1,rolls-3@4"), Plan(one("thing"), one("event"), ADA, done=True)):
        assert parse_plan(plan.to_json()) == plan
