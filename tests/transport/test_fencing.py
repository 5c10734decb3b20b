"""What a member with an instance id does when the broker doesn't know it any more. No broker is needed."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupCoordinatorNotAvailableError

from processors.transport.membership import FENCED_INSTANCE_ID, Coordinator, FencedMember

pytestmark = pytest.mark.anyio


class Member(Coordinator):
    """A coordinator without a client, which joins as it is told."""

    def __init__(self) -> None:
        self.group_id, self._group_instance_id, self.member_id = "photos", "worker-1", "first"
        self.rejoins = 0
        self.told: list[FencedMember] = []
        self.fenced = self.told.append
        self._closing = asyncio.get_running_loop().create_future()

    def request_rejoin(self) -> None:
        self.rejoins += 1


@pytest.fixture
def joined_as(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The member's ids that were joined with."""
    found: list[str] = []

    async def join(self: Any, subscription: Any) -> bool:
        found.append(self.member_id)
        if self.answers.pop(0) == "unknown":
            self.reset_generation()
            return False
        self.member_id = self.member_id or "new"
        return True

    monkeypatch.setattr(GroupCoordinator, "_do_rejoin_group", join)
    return found


async def test_a_member_that_is_unknown_joins_as_who_it_was_and_then_anew(joined_as: list[str]) -> None:
    """Seen to fail with aiokafka's: it joins anew at once, and takes the place of whoever has it."""
    member: Any = Member()
    member.answers = ["unknown", "taken in"]
    member.reset_generation()
    assert member.member_id == ""  # as aiokafka's heartbeats want it
    assert not await member._do_rejoin_group(None)
    assert await member._do_rejoin_group(None)
    assert joined_as == ["first", ""]
    assert member.member_id == "new"


async def test_a_member_that_was_taken_in_again_asks_as_who_it_was_the_next_time_too(joined_as: list[str]) -> None:
    member: Any = Member()
    member.answers = ["taken in"] * 2
    for _ in range(2):
        member.reset_generation()
        assert await member._do_rejoin_group(None)
    assert joined_as == ["first", "first"]


async def test_a_fenced_member_ends_its_app_and_asks_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(self: Any, request: Any) -> Any:
        return SimpleNamespace(error_code=FENCED_INSTANCE_ID)

    monkeypatch.setattr(GroupCoordinator, "_send_req", answer)
    member: Any = Member()
    asking = asyncio.create_task(member._send_req(None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ["worker 'worker-1' of the group photos" in str(error) for error in member.told] == [True]
    assert not asking.done()
    member._closing.set_result(None)
    with pytest.raises(GroupCoordinatorNotAvailableError):
        await asking
