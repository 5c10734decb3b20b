"""What a process knows of Cassandra: of all nodes together, by what logins and requests meet, and of each node."""

from typing import Any

from cassandra import RequestValidationException

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
