"""A private roll is joined by invitation, and an invitation is good for joining once."""

from datetime import timedelta

import pytest

from events.generated import MemberInvited
from tests.gateway.world import ADA, BOB, CAT, PRIVATE, GatewayWorld, world

pytestmark = pytest.mark.anyio

INVITATIONS = f"/v1/rolls/{PRIVATE}/invitations"


async def status(here: GatewayWorld, who: object, method: str, path: str, body: object = None) -> int:
    """A request's status; the read models have caught up and a minute has passed afterwards."""
    answer = await here.ask(who, method, path, body)  # type: ignore[arg-type]
    await here.fold()
    here.now += timedelta(minutes=1)
    return answer.status_code


async def test_who_is_invited_joins_a_private_roll_and_who_was_removed_must_be_invited_again() -> None:
    async with world() as here:
        bob = f"/v1/rolls/{PRIVATE}/members/{BOB}"
        assert await status(here, BOB, "PUT", bob) == 404
        assert await status(here, ADA, "POST", INVITATIONS, {"user": str(BOB)}) == 202
        assert await status(here, BOB, "PUT", bob) == 202
        assert await status(here, ADA, "DELETE", bob) == 202
        assert await status(here, BOB, "PUT", bob) == 404
        assert await status(here, ADA, "POST", INVITATIONS, {"user": str(BOB)}) == 202
        assert await status(here, BOB, "PUT", bob) == 202
        invited = [event for event in await here.log() if isinstance(event, MemberInvited)]
        assert [(event.member_id, event.actor_id) for event in invited] == [(BOB, ADA)] * 2


async def test_only_members_invite_and_only_people_who_are_there() -> None:
    async with world() as here:
        assert await status(here, CAT, "POST", INVITATIONS, {"user": str(BOB)}) == 404
        assert await status(here, ADA, "POST", INVITATIONS, {"user": str(PRIVATE)}) == 404
        assert await status(here, ADA, "POST", INVITATIONS, {}) == 422
        assert await status(here, CAT, "PUT", f"/v1/rolls/{PRIVATE}/members/{CAT}") == 404


async def test_a_deleted_roll_is_joined_by_nobody() -> None:
    async with world() as here:
        assert await status(here, ADA, "POST", INVITATIONS, {"user": str(BOB)}) == 202
        assert await status(here, ADA, "DELETE", f"/v1/rolls/{PRIVATE}") == 202
        assert await status(here, BOB, "PUT", f"/v1/rolls/{PRIVATE}/members/{BOB}") == 404
