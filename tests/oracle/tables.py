"""What Cassandra holds: every table of the read models' keyspace, all of its rows, by a full scan."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy
from cassandra.query import tuple_factory

from events.settings import Settings

OWN = {
    "cleanup_low_water",
    "develop_low_water",
    "expand_closings",
    "generations",
    "redrives",
    "topic_partitions",
}  # working tables, no read models
Rows = dict[tuple[Any, ...], dict[str, Any]]


@contextmanager
def session_of(settings: Settings) -> Generator[Session]:
    """A session as the superuser, for the block."""
    profile = ExecutionProfile(
        load_balancing_policy=DCAwareRoundRobinPolicy(),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        row_factory=tuple_factory,
        request_timeout=30,
    )
    cluster = Cluster(
        settings.contact_points,
        port=settings.cassandra_port,
        auth_provider=PlainTextAuthProvider("cassandra", settings.cassandra_password),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
        connect_timeout=10,
        reconnection_policy=ConstantReconnectionPolicy(0.5, max_attempts=0),
        schema_metadata_enabled=False,
    )
    try:
        yield cluster.connect()
    finally:
        cluster.shutdown()


def layout(session: Session, keyspace: str) -> dict[str, list[str]]:
    """The read models' tables, without their generation: the names of each one's key columns, in order."""
    cql = "SELECT table_name, column_name, kind, position FROM system_schema.columns WHERE keyspace_name = %s"
    rank = {"partition_key": 0, "clustering": 1}
    keys: dict[str, list[tuple[int, int, str]]] = {}
    for table, column, kind, position in session.execute(cql, (keyspace,)):
        if table.removesuffix("_1") not in OWN and kind in rank:
            keys.setdefault(table.removesuffix("_1"), []).append((rank[kind], position, column))
    return {table: [column for _, _, column in sorted(columns)] for table, columns in sorted(keys.items())}


def scan(session: Session, keyspace: str, table: str, key: list[str]) -> Rows:
    """All rows of a table; of a row, the columns that aren't null."""
    found = session.execute(f"SELECT * FROM {keyspace}.{table}_1")
    columns = found.column_names or []
    at = [columns.index(name) for name in key]
    others = [(i, name) for i, name in enumerate(columns) if name not in key]
    return {tuple(row[i] for i in at): {name: row[i] for i, name in others if row[i] is not None} for row in found}
