"""Static membership: a worker that is started again within its session is the member that it was.

A member with an instance id (`group.instance.id`) doesn't leave its group when it stops. Who joins with the same id
within the session takes its place, with its partitions, and nobody else is asked: no rebalance.

aiokafka 0.14 sends the id with joins and syncs, but its heartbeats and commits don't bear it. So a member whose place
another process has taken is told that it is unknown, as one whose session has ended; aiokafka then joins as a new
member, under the id, and takes the place back: two processes with one id would take it from each other for ever. Here a
member that is told so joins under the member's id that it had. The broker then says which of the two it was: unknown
(the session has ended: it joins anew), or fenced (another process has its place: its app ends).
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupCoordinatorNotAvailableError

FENCED_INSTANCE_ID = 82  # Kafka's number of the error; aiokafka has no name for it


class FencedMember(Exception):
    """Another process has joined the group under the same worker's id: this one's partitions are its by now."""


class Coordinator(GroupCoordinator):
    """aiokafka's, for a member with an instance id. See the module."""

    fenced: Callable[[FencedMember], None]  # is called in aiokafka's thread, once
    _former = ""  # the member's id that we had, to be joined with
    _tried = ""  # and the one that we are joining with

    async def _send_req(self, request: Any) -> Any:
        response = await super()._send_req(request)
        if getattr(response, "error_code", 0) == FENCED_INSTANCE_ID:
            error = FencedMember(
                f"another process is worker {self._group_instance_id!r} of the group {self.group_id}: give each"
                " process a DARKROOM_WORKER_ID of its own, or none"
            )
            self.fenced(error)
            await asyncio.wait([self._closing])  # its app ends; to go on would be to join as a new member
            raise GroupCoordinatorNotAvailableError
        return response

    def reset_generation(self) -> None:
        """Called when the broker doesn't know the member or its generation, and then joins anew."""
        if self.member_id != self._tried:
            self._former = self.member_id
        super().reset_generation()

    async def _do_rejoin_group(self, subscription: Any) -> bool:
        if self._former:
            self.member_id = self._tried = self._former
            self._former = ""
        joined = await super()._do_rejoin_group(subscription)
        if joined:
            self._tried = ""
        return joined


def make_static(consumer: Any, fenced: Callable[[FencedMember], None]) -> None:
    """Gives a started aiokafka consumer that hasn't subscribed yet our coordinator, if it has an instance id."""
    coordinator = consumer._coordinator
    if coordinator._group_instance_id is not None:
        coordinator.__class__ = Coordinator
        coordinator.fenced = fenced
