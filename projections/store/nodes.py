"""What a process knows of Cassandra: of all nodes together, by what logins and requests meet, and of each node."""

from typing import Any

from cassandra import RequestValidationException
from cassandra.policies import HostStateListener

from events.reachability import REFUSES, UNREACHABLE, Reachability, reachability
from events.settings import Settings


def database(where: Settings | Any) -> Reachability:
    """What is known of all nodes together; `where`: the settings, or the driver's Cluster."""
    if isinstance(where, Settings):
        points, port = where.contact_points, where.cassandra_port
    else:
        points, port = where.contact_points, where.port
    return reachability(f"Cassandra at {','.join(points)}:{port}")


def node(host: Any) -> Reachability:
    """What is known of one node: whether the driver has a connection to it."""
    return reachability(f"The Cassandra node {host.endpoint}")


def note(reachable: Reachability, error: Exception) -> None:
    """Notes a request that failed. One that was refused (no such table, no right) did reach the database."""
    refused = isinstance(error, RequestValidationException)
    reachable.failed(f"{type(error).__name__}: {error}", REFUSES if refused else UNREACHABLE)


class Outages(HostStateListener):
    """Counts how often a node went down, and says so. The driver's own threads call it."""

    def __init__(self) -> None:
        self.count = 0

    def on_down(self, host: Any) -> None:
        """Counts one, before any connection to the node is made again."""
        self.count += 1
        node(host).failed("the driver has no connection to it")

    def on_up(self, host: Any) -> None:
        """Says that the node is back."""
        node(host).answered()

    def on_add(self, host: Any) -> None:
        """See HostStateListener."""

    def on_remove(self, host: Any) -> None:
        """See HostStateListener."""
