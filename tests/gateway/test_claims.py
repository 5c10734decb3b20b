"""What claims promise, in memory and in Cassandra: a handle has one owner, and a crash locks it for minutes at most."""

import asyncio
from datetime import timedelta
from uuid import uuid4

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
