"""What claims promise, in memory and in Cassandra: who has a value is asked of the log, never guessed from a clock."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.delivery import DELIVERY_SECONDS, LANDED_SECONDS
from producers.writes.execute import LOOKED_SECONDS, ClaimStore
from projections.private.claims import FINAL, PENDING_SECONDS, Claimed, Claims, Holder
from tests.gateway.either import Opened, either
from tests.gateway.memory import MemoryClaims
from tests.gateway.world import ADA, BOB, one

pytestmark = pytest.mark.anyio

FIRST, SECOND = one("first"), one("second")
Open = Callable[..., Opened[ClaimStore]]


@pytest.fixture(params=["memory", "cassandra"])
def opened(request: pytest.FixtureRequest) -> Open:
    """Opens the claims under test, which are pending for so many seconds."""

    def open_claims(pending: int = PENDING_SECONDS) -> Opened[ClaimStore]:
        return either(request, partial(MemoryClaims, pending=pending), partial(Claims, pending=pending))

    return open_claims


class Value:
    """A value that nobody has yet, and the claims to it."""

    def __init__(self, claims: ClaimStore, kind: str = "handle") -> None:
        self._claims, self._of = claims, {"kind": kind, "value": str(uuid4())}

    async def claim(self, owner: UUID, event: UUID, instead_of: Holder | None = None) -> None:
        await self._claims.claim(**self._of, owner=owner, event_id=event, instead_of=instead_of)  # type: ignore[arg-type]

    async def settle(self, event: UUID) -> None:
        await self._claims.settle(**self._of, event_id=event)

    async def release(self, owner: UUID, event: UUID) -> None:
        await self._claims.release(**self._of, owner=owner, event_id=event)

    async def refused(self, owner: UUID, event: UUID, **more: Any) -> Holder | None:
        """Whose claim is in the way."""
        with pytest.raises(Claimed) as raised:
            await self.claim(owner, event, **more)
        return raised.value.holder

    async def holder(self) -> tuple[UUID, UUID, str]:
        """Whose it is, by which event, and how."""
        holder = await self._claims.holder(**self._of)
        assert holder is not None
        return holder.owner, holder.event_id, "final" if holder.final else "lapsed" if holder.lapsed else "pending"


async def test_a_claim_keeps_others_out_and_is_its_owners_by_whatever_event(opened: Open) -> None:
    async with opened()() as claims:
        value = Value(claims)
        await value.claim(ADA, FIRST)
        assert await value.refused(BOB, SECOND) is not None
        await value.claim(ADA, FIRST)  # the same event again
        assert await value.holder() == (ADA, FIRST, "pending")
        await value.claim(ADA, SECOND)
        assert await value.holder() == (ADA, SECOND, "pending")


async def test_a_claim_that_has_lapsed_is_taken_over_only_by_who_says_what_they_saw(opened: Open) -> None:
    async with opened(pending=0)() as claims:
        value = Value(claims)
        await value.claim(ADA, FIRST)
        assert await value.holder() == (ADA, FIRST, "lapsed")
        seen = await value.refused(BOB, SECOND)
        assert seen is not None
        assert (seen.owner, seen.event_id, seen.lapsed, seen.final) == (ADA, FIRST, True, False)
        await value.claim(ADA, SECOND)  # meanwhile: it is another claim than was seen
        assert await value.refused(BOB, SECOND, instead_of=seen) is not None
        assert await value.holder() == (ADA, SECOND, "lapsed")
        seen = await value.refused(BOB, FIRST)
        await value.claim(BOB, FIRST, instead_of=seen)
        assert await value.holder() == (BOB, FIRST, "lapsed")


async def test_a_settled_claim_stays_until_its_owner_gives_it_up(opened: Open) -> None:
    async with opened()() as claims:
        value = Value(claims)
        await value.claim(ADA, FIRST)
        await value.settle(SECOND)  # another event's: nothing
        assert await value.holder() == (ADA, FIRST, "pending")
        await value.settle(FIRST)
        for event in (FIRST, SECOND):
            await value.claim(ADA, event)
            assert await value.holder() == (ADA, FIRST, "final")
        await value.release(BOB, SECOND)
        seen = await value.refused(BOB, SECOND)
        assert seen is not None
        assert (seen.until, seen.final) == (FINAL, True)
        assert await value.holder() == (ADA, FIRST, "final")


async def test_a_value_that_was_given_up_is_free_for_its_owner_at_once_and_for_others_later(opened: Open) -> None:
    async with opened()() as claims:
        value = Value(claims)
        await value.claim(ADA, FIRST)
        await value.settle(FIRST)
        await value.release(ADA, SECOND)
        assert await value.holder() == (ADA, SECOND, "pending")
        await value.settle(FIRST)  # by an attempt that took long: the value was given up since
        assert await value.holder() == (ADA, SECOND, "pending")
        assert await value.refused(BOB, SECOND) is not None
        await value.claim(ADA, FIRST)
        await value.settle(FIRST)
        assert await value.holder() == (ADA, FIRST, "final")


async def test_of_many_at_once_one_has_it(opened: Open) -> None:
    async with opened()() as claims:
        value = Value(claims)
        attempts = (value.claim(one(f"{n}"), one(f"event {n}")) for n in range(6))
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert all(outcome is None or isinstance(outcome, Claimed) for outcome in outcomes)


async def test_of_many_that_take_a_lapsed_claim_over_one_has_it(opened: Open) -> None:
    async with opened(pending=0)() as claims:
        value = Value(claims)
        await value.claim(ADA, FIRST)
        seen = await value.refused(BOB, SECOND)
        attempts = (value.claim(one(f"{n}"), one(f"event {n}"), seen) for n in range(6))
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert all(outcome is None or isinstance(outcome, Claimed) for outcome in outcomes)


async def test_a_claim_is_of_one_kind_and_one_value(opened: Open) -> None:
    async with opened()() as claims:
        value, other, name = Value(claims), Value(claims), Value(claims, "name")
        name._of["value"] = value._of["value"]
        await value.claim(ADA, FIRST)
        await name.claim(BOB, SECOND)
        await other.claim(BOB, SECOND)
        assert await value.holder() == (ADA, FIRST, "pending")
        assert await name.holder() == await other.holder() == (BOB, SECOND, "pending")


def test_a_claim_is_pending_until_what_it_allowed_has_landed() -> None:
    assert PENDING_SECONDS >= LOOKED_SECONDS + LANDED_SECONDS
    assert LANDED_SECONDS >= DELIVERY_SECONDS + 102  # for which Linux sends what a closed connection has left
    assert FINAL.year == 9999
