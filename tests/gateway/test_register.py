"""Registering somebody: who may have which handle, and that nothing is kept of a refusal."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from events.generated import UserRegistered
from events.ids import derived_id
from events.positions import parse_position
from producers.decide.refusals import Refusal
from producers.gateway.problems import STATUSES
from producers.writes.plan import Plan
from producers.writes.register import register_user, require_free
from projections.accounts.users_by_handle import handle_hmac
from projections.private.claims import FINAL
from tests.gateway.memory import NOW, away, held_by
from tests.gateway.world import ADA, BOB, SETTINGS, GatewayWorld, one, world

pytestmark = pytest.mark.anyio

REQUEST = one("registration")
DAN = derived_id(REQUEST, "user")
EVENT = derived_id(REQUEST, "UserRegistered")
BAD_HANDLE = (422, "A handle has 3 to 30 small letters, digits, points or underscores.")
BAD_NAME = (422, "A display name has 1 to 50 characters.")
BAD_ZONE = (422, "There is no such time zone: use an IANA name such as Europe/Berlin.")
TAKEN = (409, "This handle is taken.")


@dataclass
class Keys:
    """Keys that are made, and the log's length as each was."""

    here: GatewayWorld
    made: list[tuple[UUID, int]] = field(default_factory=list)

    async def create(self, person: UUID) -> None:
        self.made.append((person, await self.here.count()))


async def register(here: GatewayWorld, keys: Keys, **more: Any) -> Plan:
    values: dict[str, Any] = {"handle": "dan", "display_name": "Dan", "zone": "Asia/Tokyo"} | more
    return await register_user(
        here.resources.executor,
        keys,
        here.store,
        request=REQUEST,
        handle_hmac=handle_hmac(SETTINGS, values["handle"]),
        now=NOW,
        **values,
    )


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"handle": "abc"},
        {"handle": "a_.9" + "z" * 26},
        {"display_name": "x"},
        {"display_name": "x" * 50},
        {"zone": "UTC"},
    ],
)
async def test_who_registers_has_a_key_before_the_log_knows_them(more: dict[str, str]) -> None:
    async with world() as here:
        keys, before = Keys(here), await here.count()
        values = {"handle": "dan", "display_name": "Dan", "zone": "Asia/Tokyo"} | more
        hmac = handle_hmac(SETTINGS, values["handle"])
        plan = await register(here, keys, **more)
        assert keys.made == [(DAN, before)]
        assert plan.position is not None
        assert (plan.id, plan.event_id, plan.owner, plan.done) == (DAN, EVENT, DAN, True)
        assert parse_position(plan.position).topic == "accounts"
        event = UserRegistered(event_id=EVENT, occurred_at=NOW, actor_id=DAN, user_id=DAN, handle_hmac=hmac, **values)
        made = [each for each in await here.log() if isinstance(each, UserRegistered) and each.user_id == DAN]
        assert made == [event]
        assert here.claims.kept["handle", hmac] == held_by(DAN, EVENT, FINAL)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"handle": "ab"}, BAD_HANDLE),
        ({"handle": "a" * 31}, BAD_HANDLE),
        ({"handle": "Dan"}, BAD_HANDLE),
        ({"handle": "dan\n"}, BAD_HANDLE),
        ({"handle": "dan k"}, BAD_HANDLE),
        ({"display_name": ""}, BAD_NAME),
        ({"display_name": "x" * 51}, BAD_NAME),
        ({"zone": "Mars/Olympus"}, BAD_ZONE),
        ({"zone": "Factory"}, BAD_ZONE),
        ({"handle": "bob"}, TAKEN),
    ],
)
async def test_a_refusal_leaves_no_key_no_claim_and_no_fact(more: dict[str, str], expected: tuple[int, str]) -> None:
    async with world() as here:
        here.claims.kept.clear()
        keys, before = Keys(here), await here.count()
        with pytest.raises(Refusal) as raised:
            await register(here, keys, **more)
        assert (STATUSES[type(raised.value)], raised.value.detail) == expected
        assert (keys.made, here.claims.kept, await here.count()) == ([], {}, before)


async def test_a_handle_that_is_claimed_and_not_yet_in_the_read_models_is_taken() -> None:
    async with world() as here:
        here.claims.kept["handle", handle_hmac(SETTINGS, "dan")] = held_by(BOB, one("bob's change"), FINAL)
        before = await here.count()
        with pytest.raises(Refusal) as raised:
            await register(here, Keys(here))
        assert (STATUSES[type(raised.value)], raised.value.detail) == TAKEN
        assert await here.count() == before


async def test_the_same_registration_again_is_the_same_person() -> None:
    async with world() as here:
        keys = Keys(here)
        here.appended.refusals.append(away())
        with pytest.raises(type(away())):
            await register(here, keys)
        first = await register(here, keys)
        await here.fold()
        again = await register(here, keys)
        assert (first.id, first.event_id) == (again.id, again.event_id) == (DAN, EVENT)
        people = {e.user_id for e in await here.log() if isinstance(e, UserRegistered) and e.handle == "dan"}
        assert people == {DAN}


@pytest.mark.parametrize(("person", "handle", "free"), [(ADA, "ada", True), (ADA, "bob", False), (ADA, "new", True)])
async def test_a_handle_is_free_for_who_has_it_and_where_nobody_has(person: UUID, handle: str, free: bool) -> None:
    async with world() as here:
        hmac = handle_hmac(SETTINGS, handle)
        if free:
            await require_free(here.store, person, hmac)
            return
        with pytest.raises(Refusal) as raised:
            await require_free(here.store, person, hmac)
        assert (STATUSES[type(raised.value)], raised.value.detail) == TAKEN
