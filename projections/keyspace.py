"""Makes the keyspaces, tables and roles. The read models' keyspace holds what the log can rebuild; the private one holds
what it can't (`UNREBUILDABLE` below: back it up), and the API's role can't read it."""

from collections.abc import Iterable
from typing import Any

from cassandra import InvalidRequest
from cassandra.cluster import Session

from events.settings import Settings
from projections.listed import all_tables

API, GATEWAY, WORKER = "darkroom_api", "darkroom_gateway", "darkroom_worker"

# What the log can't rebuild, in one list: the private keyspace's tables, and the registry's ids (its own database).
UNREBUILDABLE = {
    "keys": "person uuid PRIMARY KEY, wrapped blob, erased boolean",
    "claims": "kind text, value text, owner uuid, event_id uuid, deadline timestamp, PRIMARY KEY ((kind, value))",
    "requests": "actor uuid, route text, key text, body text, decided_at timestamp, answer text,"
    " PRIMARY KEY ((actor, route, key))",
}
WORKING = {  # kept by the develop processor for itself; may be lost
    "develop_low_water": "shard bigint PRIMARY KEY, minute text",
    "generations": "projection text PRIMARY KEY, live bigint",
    "redrives": "topic text, partition bigint, offset bigint, letter bigint, requested_at timestamp, outcome text,"
    " PRIMARY KEY ((topic), partition, offset)",
}


def private(settings: Settings) -> str:
    """The keyspace of what the log can't rebuild."""
    return f"{settings.keyspace}_private"


def create_all(session: Session, settings: Settings) -> None:
    """Creates what isn't there yet, and sets the roles' passwords and rights; a second run changes nothing."""
    public, secret = settings.keyspace, private(settings)
    replication = f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {settings.replication}}}"
    for keyspace in (public, secret):
        session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}")
    present = {
        (row[0], row[1])
        for row in session.execute("SELECT keyspace_name, table_name FROM system_schema.tables")
        if row[0] in (public, secret)
    }
    for table in all_tables():
        if (public, f"{table.name}_1") not in present:
            session.execute(table.ddl(f"{public}.{table.name}_1"))
    for keyspace, tables in ((secret, UNREBUILDABLE), (public, WORKING)):
        for name, columns in tables.items():
            if (keyspace, name) not in present:
                session.execute(f"CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns})")
    grant(session, API, settings.api_password, [f"SELECT ON KEYSPACE {public}"])
    grant(
        session,
        GATEWAY,
        settings.gateway_password,
        [f"SELECT ON KEYSPACE {public}", f"SELECT ON KEYSPACE {secret}", f"MODIFY ON KEYSPACE {secret}"],
    )
    grant(
        session,
        WORKER,
        settings.worker_password,
        [f"SELECT ON KEYSPACE {public}", f"MODIFY ON KEYSPACE {public}", f"SELECT ON TABLE {secret}.keys"],
    )


def grant(session: Session, role: str, password: str, rights: Iterable[str]) -> None:
    """A role that may log in with this password and has these rights, and no others of ours."""
    secret: Any = password.replace("'", "''")
    session.execute(f"CREATE ROLE IF NOT EXISTS {role} WITH PASSWORD = '{secret}' AND LOGIN = true")
    session.execute(f"ALTER ROLE {role} WITH PASSWORD = '{secret}'")
    for right in rights:
        try:
            session.execute(f"GRANT {right} TO {role}")
        except InvalidRequest as error:
            if "already" not in str(error).lower():
                raise
