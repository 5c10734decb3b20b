"""aiokafka's connections to brokers: how soon one that is dead is noticed and replaced, each time with its reason.

aiokafka has one timeout for everything. It must be longer than a rebalance, because the broker answers a join at its
end; so a lost fetch, or a connection that never came about, would be waited for as long. Here each kind of request
has its own.
"""

import asyncio
from typing import Any

from aiokafka import conn as aiokafka_conn
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest

from events.keepalive import SOCKET_OPTIONS

# For a connection's first packet to be answered: the kernel sends it at 0, 1 and 3 s, then pauses double. Giving up and
# beginning anew finds a healed network within 3 s, and a broker 1.5 s away is still reached.
CONNECT_SECONDS = 3.0
# For everything but joins. The broker holds a fetch for 1.5 s at most (fetcher.IDLE_WAIT_MS), and the heartbeat of a
# member that is to stay must be answered within its session (10 s). A cut is noticed by TCP, earlier; this is for a
# broker that hangs while its kernel lives.
REQUEST_SECONDS = 8.0
WAIT_FOR_OTHERS = (JoinGroupRequest, SyncGroupRequest)  # are answered when all members have joined, or were given up


class PromptConnection(AIOKafkaConnection):
    """aiokafka's connection with timeouts by kind of request, and sockets that notice a cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rebalance_timeout, self._request_timeout = self._request_timeout, CONNECT_SECONDS

    def _create_reader_task(self) -> "asyncio.Task[None]":
        # Called as soon as there is a socket, before the first request is sent on it.
        writer: Any = self._writer
        for option in SOCKET_OPTIONS:
            writer.get_extra_info("socket").setsockopt(*option)
        return super()._create_reader_task()

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """See AIOKafkaConnection."""
        self._request_timeout = self._rebalance_timeout if isinstance(request, WAIT_FOR_OTHERS) else REQUEST_SECONDS
        return super().send(request, expect_response)


def use_prompt_connections() -> None:
    """Makes every aiokafka client of this process use them: there is no parameter for it."""
    aiokafka_conn.AIOKafkaConnection = PromptConnection
