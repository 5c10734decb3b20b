"""What a gateway couldn't deliver lands later, when others have gone on: no acknowledged write is undone by a copy, and
no two people have one handle."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from events.positions import Position
from producers.publisher import EncodedRecord
from projections.accounts.users import USERS, User
from projections.accounts.users_by_handle import handle_hmac, user_with_handle
from projections.private.claims import PENDING_SECONDS
from projections.rolls.roll import ROLL
from tests.gateway.memory import Appended, away
from tests.gateway.world import ADA, APP, BOB, PUBLIC, SETTINGS, GatewayWorld, rows_of, world

pytestmark = pytest.mark.anyio

K1, K2 = {"Idempotency_Key": "k1"}, {"Idempotency_Key": "k2"}
TITLE = ("PATCH", f"/v1/rolls/{PUBLIC}")
ME = ("PATCH", "/v1/me")


@dataclass
class CutOff(Appended):
    """The log of a gateway that is cut off from Kafka: what it appends lands when the test says."""

    under_way: list[EncodedRecord] = field(default_factory=list[EncodedRecord])

    async def append(self, records: Sequence[EncodedRecord], traceparent: str = "") -> list[Position]:
        self.under_way += records
        raise away()

    async def land(self) -> None:
        """All of it arrives."""
        landing, self.under_way = self.under_way, []
        await super().append(landing)


class TwoGateways:
    """One that is cut off (or was restarted, with its last bytes under way), and one that isn't."""

    def __init__(self, here: GatewayWorld) -> None:
        self.here = here
        self.cut_off = CutOff(here.appended.log, here.clock)
        self._far = here.gateway(self.cut_off)

    async def through_the_far_one(self, who: UUID, method: str, path: str, body: Any, **more: str) -> None:
        """Asks the gateway that is cut off: it may or may not have happened."""
        APP.state.resources = self._far
        try:
            assert (await self.here.ask(who, method, path, body, **more)).status_code == 503
        finally:
            APP.state.resources = self.here.resources

    async def write(self, who: UUID, method: str, path: str, body: Any, **more: str) -> None:
        """Asks the other one, which acknowledges it, and it is seen."""
        answer = await self.here.ask(who, method, path, body, **more)
        assert answer.status_code == 202, answer.text
        await self.here.fold()

    async def handle(self, who: UUID, handle: str, **more: str) -> httpx.Response:
        """Asks the other one for a handle."""
        answer = await self.here.ask(who, *ME, {"handle": handle}, **more)
        await self.here.fold()
        return answer

    async def wait(self, seconds: float) -> None:
        """Time passes."""
        self.here.now += timedelta(seconds=seconds)

    async def handles(self) -> dict[str, UUID]:
        """Who has which handle; each handle has one person."""
        store = await rows_of(self.here.appended.log)
        users: list[User] = [row for row in [await store.get(USERS, who) for who in (ADA, BOB)] if row is not None]
        found = {user.handle or "": user.user_id for user in users}
        assert len(found) == len(users)
        for handle, who in found.items():
            holder = await user_with_handle(store, handle_hmac(SETTINGS, handle))
            assert holder is not None
            assert holder.user_id == who
        return found


@asynccontextmanager
async def two_gateways() -> AsyncGenerator[TwoGateways]:
    """A world with two gateways."""
    async with world() as here:
        yield TwoGateways(here)


@pytest.mark.parametrize("late", [0.0, 29.0, 149.0])
async def test_a_title_is_the_last_one_that_was_acknowledged(late: float) -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, *TITLE, {"title": "A"}, **K1)
        await two.write(ADA, *TITLE, {"title": "A"}, **K1)
        await two.write(ADA, *TITLE, {"title": "B"}, **K2)
        await two.wait(late)
        await two.cut_off.land()
        row = await (await rows_of(two.here.appended.log)).get(ROLL, PUBLIC)
        assert row.title == "B"


async def test_a_title_that_is_asked_for_until_the_last_moment_is_still_one_write() -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, *TITLE, {"title": "A"}, **K1)
        await two.wait(389)
        await two.through_the_far_one(ADA, *TITLE, {"title": "A"}, **K1)  # young enough for another copy
        assert len(two.cut_off.under_way) == 2
        await two.wait(2)
        await two.cut_off.land()
        assert two.here.search.asked == []
        await two.write(ADA, *TITLE, {"title": "A"}, **K1)  # too old for a third: it is found
        assert len(two.here.search.asked) == 1
        await two.write(ADA, *TITLE, {"title": "B"}, **K2)
        row = await (await rows_of(two.here.appended.log)).get(ROLL, PUBLIC)
        assert row.title == "B"


async def test_who_came_back_is_not_deactivated_again() -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, "POST", "/v1/me/deactivate", None, **K1)
        await two.write(ADA, "POST", "/v1/me/deactivate", None, **K1)
        await two.write(ADA, "POST", "/v1/me/reactivate", None, **K2)
        await two.wait(20)
        await two.cut_off.land()
        user: User | None = await (await rows_of(two.here.appended.log)).get(USERS, ADA)
        assert user is not None
        assert user.active is True


async def test_a_handle_that_was_given_up_is_not_taken_back_by_a_copy() -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, *ME, {"handle": "alpha"}, **K1)
        await two.write(ADA, *ME, {"handle": "alpha"}, **K1)
        await two.write(ADA, *ME, {"handle": "beta"}, **K2)
        assert (await two.handle(BOB, "alpha")).status_code == 409  # for as long as something may be under way
        await two.wait(PENDING_SECONDS)
        assert (await two.handle(BOB, "alpha")).status_code == 202
        await two.cut_off.land()
        assert await two.handles() == {"beta": ADA, "alpha": BOB}


@pytest.mark.parametrize("lands", [True, False])
async def test_a_handle_that_may_yet_become_somebodys_is_nobody_elses(lands: bool) -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, *ME, {"handle": "alpha"}, **K1)
        await two.write(ADA, *ME, {"handle": "beta"}, **K2)
        assert (await two.handle(BOB, "alpha")).status_code == 409
        await two.wait(149)
        assert (await two.handle(BOB, "alpha")).status_code == 409
        if lands:
            await two.cut_off.land()  # it stands for the first time, after beta: it is Ada's last write
        await two.wait(PENDING_SECONDS - 149)
        assert (await two.handle(BOB, "alpha")).status_code == (409 if lands else 202)
        expected = {"alpha": ADA, "bob": BOB} if lands else {"beta": ADA, "alpha": BOB}
        assert await two.handles() == expected
        if lands:
            await two.wait(PENDING_SECONDS)
            assert (await two.handle(BOB, "alpha")).status_code == 409  # for good
            assert (await two.handle(ADA, "beta")).status_code == 202
            await two.wait(PENDING_SECONDS)
            assert (await two.handle(BOB, "alpha")).status_code == 202
            assert await two.handles() == {"beta": ADA, "alpha": BOB}


async def test_a_handle_that_somebody_has_for_good_and_asks_for_again_is_nobody_elses_for_a_while() -> None:
    async with two_gateways() as two:
        assert (await two.here.ask(ADA, *ME, {"handle": "alpha"})).status_code == 202
        await two.through_the_far_one(ADA, *ME, {"handle": "alpha"}, **K1)  # before her row says so
        await two.write(ADA, *ME, {"handle": "beta"}, **K2)
        await two.wait(149)
        assert (await two.handle(BOB, "alpha")).status_code == 409
        await two.cut_off.land()
        await two.wait(PENDING_SECONDS)
        assert (await two.handle(BOB, "alpha")).status_code == 409
        assert await two.handles() == {"alpha": ADA, "bob": BOB}


async def test_ones_own_handle_is_taken_back_at_once_and_kept_whatever_is_asked_again() -> None:
    async with two_gateways() as two:
        await two.through_the_far_one(ADA, *ME, {"handle": "alpha"}, **K1)
        await two.cut_off.land()
        await two.here.fold()
        assert (await two.handle(ADA, "ada", **K2)).status_code == 202
        again = await two.handle(ADA, "alpha", **K1)  # the first write, which stands before the second
        assert again.status_code == 202
        assert await two.handles() == {"ada": ADA, "bob": BOB}
        await two.wait(PENDING_SECONDS)
        assert (await two.handle(BOB, "ada")).status_code == 409
        assert (await two.handle(BOB, "alpha")).status_code == 202
        assert await two.handles() == {"ada": ADA, "alpha": BOB}
