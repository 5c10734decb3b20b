"""What claims promise, in memory and in Cassandra: a handle has one owner, and a crash locks it for minutes at most."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from producers.writes.execute import UniqueValues
from projections.private.claims import FINAL, PENDING, Claimed, Claims
from tests.gateway.either import Opened, either
from tests.gateway.world import ADA, BOB, NOW, MemoryClaims, one
from tests.kit import run

LATER = NOW + PENDING + timedelta(seconds=1)
FIRST, SECOND = one("first"), one("second")


@pytest.fixture(params=["memory", "cassandra"])
def opened(request: pytest.FixtureRequest) -> Opened[UniqueValues]:
    """Opens the claims under test."""
    return either(request, MemoryClaims, Claims)


def test_a_claim_keeps_others_out_until_its_deadline(opened: Opened[UniqueValues]) -> None:
    async def case() -> None:
        async with opened() as claims:
            value = str(uuid4())
            await claims.claim("handle", value, ADA, FIRST, NOW)
            await claims.claim("handle", value, ADA, FIRST, NOW)  # the same event again
            with pytest.raises(Claimed):
                await claims.claim("handle", value, BOB, SECOND, NOW)
            await claims.claim("handle", value, BOB, SECOND, LATER)
            assert await claims.holder("handle", value) == (BOB, SECOND, LATER + PENDING)

    run(case())


def test_a_settled_claim_stays_until_its_owner_gives_it_up(opened: Opened[UniqueValues]) -> None:
    async def case() -> None:
        async with opened() as claims:
            value = str(uuid4())
            await claims.claim("handle", value, ADA, FIRST, NOW)
            await claims.settle("handle", value, SECOND)  # another event's: nothing
            await claims.settle("handle", value, FIRST)
            assert await claims.holder("handle", value) == (ADA, FIRST, FINAL)
            await claims.claim("handle", value, ADA, SECOND, LATER)  # its owner has it already
            with pytest.raises(Claimed):
                await claims.claim("handle", value, BOB, SECOND, LATER)
            await claims.release("handle", value, BOB)
            assert await claims.holder("handle", value) == (ADA, FIRST, FINAL)
            await claims.release("handle", value, ADA)
            assert await claims.holder("handle", value) is None
            await claims.claim("handle", value, BOB, SECOND, NOW)

    run(case())


def test_of_many_at_once_one_has_it(opened: Opened[UniqueValues]) -> None:
    async def case() -> None:
        async with opened() as claims:
            value = str(uuid4())
            attempts = (claims.claim("handle", value, one(f"{n}"), one(f"event {n}"), NOW) for n in range(6))
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            assert outcomes.count(None) == 1
            assert all(outcome is None or isinstance(outcome, Claimed) for outcome in outcomes)

    run(case())


@pytest.mark.parametrize(
    ("left", "owner", "event", "expected"),
    [
        (timedelta(microseconds=1), BOB, SECOND, Claimed),
        (timedelta(microseconds=1), ADA, SECOND, Claimed),  # one's own other event waits too
        (timedelta(microseconds=1), ADA, FIRST, None),
        (timedelta(0), BOB, SECOND, None),
        (timedelta(0), ADA, SECOND, None),
        (timedelta(0), ADA, FIRST, None),
        (timedelta(days=-1), BOB, SECOND, None),
    ],
)
def test_a_pending_claim_is_another_events_from_its_deadline_on(
    opened: Opened[UniqueValues], left: timedelta, owner: UUID, event: UUID, expected: type[Exception] | None
) -> None:
    async def case() -> None:
        async with opened() as claims:
            value, now = str(uuid4()), NOW + PENDING - left
            await claims.claim("handle", value, ADA, FIRST, NOW)
            if expected is not None:
                with pytest.raises(expected):
                    await claims.claim("handle", value, owner, event, now)
                assert await claims.holder("handle", value) == (ADA, FIRST, NOW + PENDING)
                return
            await claims.claim("handle", value, owner, event, now)
            held = await claims.holder("handle", value)
            assert held is not None
            assert held[:2] == (owner, event)
            assert timedelta(0) <= now + PENDING - held[2] < timedelta(milliseconds=1)

    run(case())


def test_a_settled_claim_is_its_owners_whatever_event_asks_and_stays_the_first_events(
    opened: Opened[UniqueValues],
) -> None:
    async def case() -> None:
        async with opened() as claims:
            value = str(uuid4())
            await claims.claim("handle", value, ADA, FIRST, NOW)
            await claims.settle("handle", value, FIRST)
            for event in (FIRST, SECOND):
                await claims.claim("handle", value, ADA, event, LATER)
                assert await claims.holder("handle", value) == (ADA, FIRST, FINAL)
            with pytest.raises(Claimed):
                await claims.claim("handle", value, BOB, SECOND, LATER)
            assert await claims.holder("handle", value) == (ADA, FIRST, FINAL)

    run(case())


def test_a_claim_is_of_one_kind_and_one_value(opened: Opened[UniqueValues]) -> None:
    async def case() -> None:
        async with opened() as claims:
            value, other = str(uuid4()), str(uuid4())
            await claims.claim("handle", value, ADA, FIRST, NOW)
            await claims.claim("name", value, BOB, SECOND, NOW)
            await claims.claim("handle", other, BOB, SECOND, NOW)
            await claims.release("name", value, BOB)
            assert await claims.holder("handle", value) == (ADA, FIRST, NOW + PENDING)
            assert await claims.holder("name", value) is None
            assert await claims.holder("handle", other) == (BOB, SECOND, NOW + PENDING)

    run(case())


def test_a_pending_claim_lasts_five_minutes() -> None:
    assert timedelta(minutes=5) == PENDING
    assert FINAL.year == 9999
