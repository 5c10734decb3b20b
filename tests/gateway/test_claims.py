"""What claims promise, in memory and in Cassandra: a handle has one owner, and a crash locks it for minutes at most."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from producers.writes.execute import ClaimStore
from projections.private.claims import FINAL, PENDING, Claimed, Claims
from tests.gateway.either import Opened, either
from tests.gateway.world import ADA, BOB, NOW, MemoryClaims, held_by, one

pytestmark = pytest.mark.anyio

LATER = NOW + PENDING + timedelta(seconds=1)
FIRST, SECOND = one("first"), one("second")


@pytest.fixture(params=["memory", "cassandra"])
def opened(request: pytest.FixtureRequest) -> Opened[ClaimStore]:
    """Opens the claims under test."""
    return either(request, MemoryClaims, Claims)


async def test_a_claim_keeps_others_out_until_its_deadline(opened: Opened[ClaimStore]) -> None:
    async with opened() as claims:
        value = str(uuid4())
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)  # the same event again
        with pytest.raises(Claimed):
            await claims.claim(kind="handle", value=value, owner=BOB, event_id=SECOND, now=NOW)
        await claims.claim(kind="handle", value=value, owner=BOB, event_id=SECOND, now=LATER)
        assert await claims.holder(kind="handle", value=value) == held_by(BOB, SECOND, LATER + PENDING)


async def test_a_settled_claim_stays_until_its_owner_gives_it_up(opened: Opened[ClaimStore]) -> None:
    async with opened() as claims:
        value = str(uuid4())
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)
        await claims.settle(kind="handle", value=value, event_id=SECOND)  # another event's: nothing
        await claims.settle(kind="handle", value=value, event_id=FIRST)
        assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, FINAL)
        await claims.claim(
            kind="handle", value=value, owner=ADA, event_id=SECOND, now=LATER
        )  # its owner has it already
        with pytest.raises(Claimed):
            await claims.claim(kind="handle", value=value, owner=BOB, event_id=SECOND, now=LATER)
        await claims.release(kind="handle", value=value, owner=BOB)
        assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, FINAL)
        await claims.release(kind="handle", value=value, owner=ADA)
        assert await claims.holder(kind="handle", value=value) is None
        await claims.claim(kind="handle", value=value, owner=BOB, event_id=SECOND, now=NOW)


async def test_of_many_at_once_one_has_it(opened: Opened[ClaimStore]) -> None:
    async with opened() as claims:
        value = str(uuid4())
        attempts = (
            claims.claim(kind="handle", value=value, owner=one(f"{n}"), event_id=one(f"event {n}"), now=NOW)
            for n in range(6)
        )
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert all(outcome is None or isinstance(outcome, Claimed) for outcome in outcomes)


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
async def test_a_pending_claim_is_another_events_from_its_deadline_on(
    opened: Opened[ClaimStore], left: timedelta, owner: UUID, event: UUID, expected: type[Exception] | None
) -> None:
    async with opened() as claims:
        value, now = str(uuid4()), NOW + PENDING - left
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)
        if expected is not None:
            with pytest.raises(expected):
                await claims.claim(kind="handle", value=value, owner=owner, event_id=event, now=now)
            assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, NOW + PENDING)
            return
        await claims.claim(kind="handle", value=value, owner=owner, event_id=event, now=now)
        held = await claims.holder(kind="handle", value=value)
        assert held is not None
        assert (held.owner, held.event_id) == (owner, event)
        assert timedelta(0) <= now + PENDING - held.until < timedelta(milliseconds=1)


async def test_a_settled_claim_is_its_owners_whatever_event_asks_and_stays_the_first_events(
    opened: Opened[ClaimStore],
) -> None:
    async with opened() as claims:
        value = str(uuid4())
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)
        await claims.settle(kind="handle", value=value, event_id=FIRST)
        for event in (FIRST, SECOND):
            await claims.claim(kind="handle", value=value, owner=ADA, event_id=event, now=LATER)
            assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, FINAL)
        with pytest.raises(Claimed):
            await claims.claim(kind="handle", value=value, owner=BOB, event_id=SECOND, now=LATER)
        assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, FINAL)


async def test_a_claim_is_of_one_kind_and_one_value(opened: Opened[ClaimStore]) -> None:
    async with opened() as claims:
        value, other = str(uuid4()), str(uuid4())
        await claims.claim(kind="handle", value=value, owner=ADA, event_id=FIRST, now=NOW)
        await claims.claim(kind="name", value=value, owner=BOB, event_id=SECOND, now=NOW)
        await claims.claim(kind="handle", value=other, owner=BOB, event_id=SECOND, now=NOW)
        await claims.release(kind="name", value=value, owner=BOB)
        assert await claims.holder(kind="handle", value=value) == held_by(ADA, FIRST, NOW + PENDING)
        assert await claims.holder(kind="name", value=value) is None
        assert await claims.holder(kind="handle", value=other) == held_by(BOB, SECOND, NOW + PENDING)


def test_a_pending_claim_lasts_five_minutes() -> None:
    assert timedelta(minutes=5) == PENDING
    assert FINAL.year == 9999
