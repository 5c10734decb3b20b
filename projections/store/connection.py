"""Connections to Cassandra: how soon one that is dead is noticed and replaced, each time with its reason.

After a cut heals, a new connection is there within SYN_SECONDS + RECONNECT_SECONDS and some round trips."""

from typing import Any

from cassandra import AuthenticationFailed
from cassandra.cluster import Cluster
from cassandra.connection import Connection, ConnectionException
from cassandra.policies import ConstantReconnectionPolicy

from events.keepalive import SOCKET_OPTIONS

# The driver's default doubles the pause up to ten minutes, which would prolong a long outage by that. A vain attempt
# costs a thread of its own SYN_SECONDS, and the node nothing.
RECONNECT_SECONDS = 0.5
# For a connection's first packet to be answered. The kernel sends it at 0, 1 and 3 s, then pauses double: giving up and
# beginning anew finds a healed network within 3 s, and a node 1.5 s away is still reached.
SYN_SECONDS = 3.0
# For a whole new connection, of four round trips and the server's check of a password (slow on purpose): a node that
# is far away, or has just started, takes seconds. The driver's default is 5.
CONNECT_SECONDS = 10.0
# A cut is noticed by TCP (events.keepalive). This is for a node that hangs while its kernel lives, and for a proxy in
# between that does: asked after 5 idle seconds, given up 10 later. Shorter would call a node dead that collects garbage
# or shares its machine with our tests, and each such break is a minute to fold again. The driver's default is 30 + 30.
HEARTBEAT_SECONDS, HEARTBEAT_TIMEOUT_SECONDS = 5.0, 10.0
# For one request once it is sent. Not below the server's own limits (10 s, ops.servers.cassandra), or what it still
# works on is asked for again.
REQUEST_SECONDS = 10.0
# The control connection's own questions, when it is made. The driver's default of 2 s never succeeds with a node that
# is 1 s away.
CONTROL_SECONDS = REQUEST_SECONDS
# Attempts to reconnect block: with the driver's two threads, those of two nodes that are away (or of one and of the
# control connection) keep a node that is there waiting for its connection.
EXECUTOR_THREADS = 8

WRONG_PASSWORD = "incorrect"  # Cassandra's own words: Provided username … and/or password are incorrect
Driver: Any = Cluster.connection_class  # libev's, which the driver is built with, or what else there is


class PromptConnection(Driver):
    """The driver's connection, which soon gives up an unanswered first packet, and never a node that is starting."""

    def _connect_socket(self) -> None:
        whole, self.connect_timeout = self.connect_timeout, min(self.connect_timeout, SYN_SECONDS)
        try:
            super()._connect_socket()
        finally:
            self.connect_timeout = whole

    @classmethod
    def factory(cls, *args: Any, **kwargs: Any) -> Connection:
        """A connection that is ready. Raises ConnectionException; AuthenticationFailed for a wrong password only.

        A node also refuses logins while it can't read the roles, because it, or a majority of their replicas, has only
        just started. The driver takes any refusal for a wrong password, and would never connect to the node again."""
        try:
            return super().factory(*args, **kwargs)
        except AuthenticationFailed as error:
            if WRONG_PASSWORD in str(error):
                raise
            raise ConnectionException(f"login refused: {error}") from error


def timings() -> dict[str, Any]:
    """The arguments of a Cluster that say how soon what is dead is noticed and replaced."""
    return {
        "connection_class": PromptConnection,
        "sockopts": SOCKET_OPTIONS,
        "connect_timeout": CONNECT_SECONDS,
        "control_connection_timeout": CONTROL_SECONDS,
        "idle_heartbeat_interval": HEARTBEAT_SECONDS,
        "idle_heartbeat_timeout": HEARTBEAT_TIMEOUT_SECONDS,
        "reconnection_policy": ConstantReconnectionPolicy(RECONNECT_SECONDS, max_attempts=0),  # 0: without end
        "executor_threads": EXECUTOR_THREADS,
    }
