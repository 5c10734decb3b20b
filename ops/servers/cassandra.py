"""Describes Cassandra 5.0: one node for one person's machine, or a few on 127.0.0.1, .2, .3 to test quorum and loss."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from events.settings import Settings
from ops.errors import OperatorError
from ops.secrets import server_environment
from ops.servers import cql, java
from ops.servers.archives import archive
from ops.servers.jars import jars
from ops.supervisor.program import Program

SUPERUSER = "cassandra"
TOKENS = 2**64
AGREEMENT = 30.0  # seconds

# Cassandra's own jvm17-server.options: it reaches into the JDK for off-heap memory and JMX.
EXPORTS = (
    "java.base/jdk.internal.misc",
    "java.base/java.lang.ref",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
    "jdk.compiler/com.sun.tools.javac.file",
    "jdk.attach/sun.tools.attach",
)
OPENS = (
    "java.base/java.lang.module",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.util.jar",
    "jdk.management/com.sun.management.internal",
    "java.base/sun.nio.ch",
    "java.base/java.io",
    "java.base/java.lang.reflect",
    "java.base/java.lang",
    "java.base/java.util",
    "jdk.compiler/com.sun.tools.javac",
)
LOGGING = """\
<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date{ISO8601} %-5level %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="out"/></root>
</configuration>
"""


def server(settings: Settings) -> Program:
    """Describes one node as these settings want it. Data in `<home>/cassandra`."""
    return _node(settings, "cassandra", settings.host, settings.cassandra_jmx_port, [settings.host], {})


def nodes(settings: Settings, addresses: Sequence[str], jmx_ports: Sequence[int]) -> list[Program]:
    """Describes a cluster with a node on each address, which has its even share of the ring, and data in `cassandra-N`.

    The first address is the seed. A node is ready when it sees all others.
    """
    share = TOKENS // len(addresses)
    return [
        _node(
            settings,
            f"cassandra-{number + 1}",
            address,
            jmx_port,
            addresses,
            {"initial_token": str(number * share - TOKENS // 2)},
        )
        for number, (address, jmx_port) in enumerate(zip(addresses, jmx_ports, strict=True))
    ]


def spread_logins(settings: Settings, address: str, nodes: int) -> None:
    """Keeps roles and passwords on every node of a new cluster, so that the loss of one locks nobody out."""
    replicas = f"{{'class': 'SimpleStrategy', 'replication_factor': {nodes}}}"
    with cql.Connection(
        address, settings.cassandra_port, user=SUPERUSER, password=settings.cassandra_password
    ) as admin:
        admin.run(f"ALTER KEYSPACE system_auth WITH replication = {replicas}")
        until = time.monotonic() + AGREEMENT
        for table in ("roles", "role_members", "role_permissions"):
            while not _read_everywhere(admin, table):
                if time.monotonic() > until:
                    raise OperatorError(f"The nodes of Cassandra did not agree on a schema in {AGREEMENT:.0f} s.")
                time.sleep(0.1)


def _read_everywhere(admin: cql.Connection, table: str) -> bool:
    """Reads all of a table from all nodes, which copies to each what it lacks; False while one has an older schema."""
    try:
        admin.run(f"SELECT * FROM system_auth.{table}", cql.ALL)
    except cql.Refused:
        return False
    return True


def _node(
    settings: Settings,
    name: str,
    address: str,
    jmx_port: int,
    cluster: Sequence[str],
    extra: dict[str, str],
) -> Program:
    folder = settings.home / name
    config, logging = folder / "cassandra.yaml", folder / "logback.xml"
    classes = archive("cassandra")
    alone = len(cluster) == 1
    options = {
        "cassandra.config": config.as_uri(),
        "cassandra.storagedir": folder,
        "cassandra.logdir": folder,
        "logback.configurationFile": logging,
        "cassandra-foreground": "yes",
        "cassandra.jmx.local.port": jmx_port,
        "cassandra.skip_wait_for_gossip_to_settle": 0 if alone else 3,
        "cassandra.ring_delay_ms": 0 if alone else 3000,
        "cassandra.superuser_setup_delay_ms": 0,
        "jdk.attach.allowAttachSelf": "true",
        "io.netty.tryReflectionSetAccessible": "true",
        "java.io.tmpdir": folder,
    }
    return Program(
        name=name,
        command=java.command(
            settings,
            settings.cassandra_memory,
            *classes.options(),
            *(f"--add-exports={name}=ALL-UNNAMED" for name in EXPORTS),
            *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENS),
            *(f"-D{name}={value}" for name, value in options.items()),
            "-cp",
            f"{jars('cassandra')}/*",
            "org.apache.cassandra.service.CassandraDaemon",
        ),
        environment=server_environment(),
        folder=folder,
        data=folder,
        host=address,
        ports={
            "cassandra_port": settings.cassandra_port,
            "cassandra_storage_port": settings.cassandra_storage_port,
            "cassandra_jmx_port": jmx_port,
        },
        files={config: json.dumps(yaml(settings, folder, address, cluster) | extra, indent=1), logging: LOGGING},
        ready=lambda: answers(settings, folder, address, len(cluster)),
        after=classes.after,
    )


def yaml(settings: Settings, folder: Path, address: str, cluster: Sequence[str]) -> dict[str, object]:
    """Makes cassandra.yaml (JSON is YAML)."""
    seeds = [{"seeds": f"{cluster[0]}:{settings.cassandra_storage_port}"}]
    return {
        "cluster_name": "darkroom",
        "listen_address": address,
        "rpc_address": address,
        "native_transport_port": settings.cassandra_port,
        "storage_port": settings.cassandra_storage_port,
        "seed_provider": [{"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": seeds}],
        "endpoint_snitch": "SimpleSnitch",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "num_tokens": 1,
        "auto_bootstrap": False,
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        "data_file_directories": [str(folder / "data")],
        "commitlog_directory": str(folder / "commitlog"),
        "saved_caches_directory": str(folder / "saved_caches"),
        "hints_directory": str(folder / "hints"),
        # A crash loses up to this much, `progress` with it: what the log can rebuild heals itself.
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "1000ms",
        # A disk that can't be written to ends the process, so that whoever supervises it starts it again when it can
        # ("stop", the default, closes its ports and leaves it running, which nobody would notice).
        "disk_failure_policy": "die",
        "commit_failure_policy": "die",
        "paxos_variant": "v2",
        "memtable": {"configurations": {"trie": {"class_name": "TrieMemtable"}, "default": {"inherits": "trie"}}},
        "auto_snapshot": False,  # dropping an old generation must give its disk back
        "concurrent_compactors": 1,
        # Far beyond any row of ours: what a record folds to may be too large here as well as anywhere else.
        "max_mutation_size": "512KiB",
        # A machine that is busy with tests answers late; a timeout would only make it busier.
        "read_request_timeout": "10s",
        "range_request_timeout": "20s",
        "write_request_timeout": "10s",
        "request_timeout": "20s",
    }


def answers(settings: Settings, folder: Path, address: str, cluster: int) -> bool:
    """Returns whether the superuser can log in with our password, and the node sees the whole cluster.

    The first time, the password is still Cassandra's own, and is replaced. Raises OperatorError if our password worked
    once and doesn't any more.
    """
    port, password, ours = settings.cassandra_port, settings.cassandra_password, folder / "password-is-ours"
    try:
        with cql.Connection(address, port, user=SUPERUSER, password=password) as admin:
            ours.touch()
            return sees_all(admin, cluster)
    except cql.WrongPassword as error:
        if ours.exists() and "incorrect" in str(error):
            raise OperatorError(
                f"{folder} was made with another password than DARKROOM_CASSANDRA_PASSWORD or "
                f"{settings.home}/secrets.json has: restore that file, or remove {folder} and rebuild."
            ) from error
        _replace_password(address, port, password, cluster)
    except cql.Refused:
        pass
    return False


def sees_all(admin: cql.Connection, cluster: int) -> bool:
    """Returns whether a node sees all others of a cluster of so many."""
    return admin.run("SELECT peer FROM system.peers_v2", cql.ONE) == cluster - 1


def _replace_password(address: str, port: int, password: str, cluster: int) -> None:
    with suppress(cql.Refused), cql.Connection(address, port, user=SUPERUSER, password=SUPERUSER) as admin:
        if sees_all(admin, cluster):  # while it is alone, it has roles that will be another node's
            quoted = password.replace("'", "''")
            admin.run(f"ALTER ROLE {SUPERUSER} WITH PASSWORD = '{quoted}'")
