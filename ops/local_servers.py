"""Runs servers for a test or a benchmark: on free ports, beside whatever else runs, for as long as a block lasts."""

import atexit
import random
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from events.settings import Settings
from ops.secrets import with_secrets, with_values
from ops.servers import cassandra, servers
from ops.supervisor.children import Children, running
from ops.supervisor.program import can_listen

# Below Linux's ephemeral ports (32768 and up), where a client's connection could take one at any moment.
BLOCKS = range(20000, 32000, 32)
PORTS = (
    "kafka_port",
    "kafka_controller_port",
    "cassandra_port",
    "cassandra_storage_port",
    "cassandra_jmx_port",
    "registry_port",
    "s3_port",
    "api_port",
    "gateway_port",
    "worker_metrics_port",  # and the ports after it, so it is the last
)
HERE = {"kafka": "", "cassandra_hosts": "", "registry": "", "s3": ""}


def free_block(host: str, size: int = 32) -> int:
    """Finds `size` (at most 32) free ports in a row, and returns the first. No other caller gets them while we live.

    The claim is a socket in Linux's abstract namespace, which ends with the process, however it ends.
    """
    for block in random.sample(BLOCKS, len(BLOCKS)):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0darkroom-ports-{block}")
        except OSError:
            claim.close()
            continue
        atexit.register(claim.close)
        if all(can_listen(host, port) for port in range(block, block + size)):
            return block
    raise RuntimeError(f"no {size} free ports between {BLOCKS.start} and {BLOCKS.stop}")


def on_free_ports(settings: Settings) -> Settings:
    """Returns the same settings with every port a free one, and with every server on this machine."""
    block = free_block(settings.host)
    return with_values(settings, **{name: block + number for number, name in enumerate(PORTS)}, **HERE)


@contextmanager
def local_servers(settings: Settings, grace: float | None = None) -> Generator[Settings]:
    """Runs the four servers with `settings.home`, on free ports; yields the settings to reach them with, secrets too.

    `grace=0` kills them in the end, which saves seconds when their data is thrown away.
    """
    resolved = with_secrets(on_free_ports(settings))
    with running(servers(resolved), resolved.home / "logs", grace):
        yield resolved


@dataclass(frozen=True)
class Cluster:
    """A Cassandra of several nodes: `children.kill("cassandra-2")`, `children.start_again("cassandra-2")`."""

    settings: Settings
    children: Children


@contextmanager
def local_cluster(
    settings: Settings, addresses: Sequence[str] = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
) -> Generator[Cluster]:
    """Runs a Cassandra with a node on each address, and no other server. Roles are kept on all nodes."""
    free = on_free_ports(settings)
    jmx = free_block(settings.host)
    resolved = with_secrets(
        with_values(free, cassandra_hosts=",".join(addresses), replication=len(addresses), cassandra_jmx_port=jmx)
    )
    nodes = cassandra.nodes(resolved, addresses, [jmx + number for number in range(len(addresses))])
    with running(nodes, resolved.home / "logs", grace=0) as children:
        cassandra.spread_logins(resolved, addresses[0], len(addresses))
        yield Cluster(resolved, children)
