"""Creates the keyspaces, tables and roles: read models in one keyspace, what the log can't rebuild in another."""

from collections.abc import Iterable

from cassandra.cluster import Session

from events.settings import Settings
from projections.private.keyspace import UNREBUILDABLE, private_keyspace
from projections.projection import GENERATION
from projections.store.roles import API, GATEWAY, WORKER, passwords
from projections.store.table import CQL_TYPES, Table

WORKING = {
    "generations": "projection text PRIMARY KEY, live bigint",
    # Who asked for which dead letter to be done again, and what came of it; partition -1 holds a topic's bell.
    "redrives": "topic text, partition bigint, offset bigint, projection text, request uuid, asked_at timestamp,"
    " answered uuid, outcome text, answered_at timestamp, PRIMARY KEY ((topic, partition), offset, projection)",
    # How often a record was folded again (processors/redrive/corrections.py).
    "corrections": "topic text, partition bigint, offset bigint, number bigint,"
    " PRIMARY KEY ((topic, partition), offset)",
}


def create_all(session: Session, settings: Settings, tables: Iterable[Table]) -> None:
    """Creates what isn't there yet, columns and roles with their rights included; a second run changes nothing.

    `tables`: those that the log can rebuild, in their first generation."""
    public, secret = settings.keyspace, private_keyspace(settings)
    replication = f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {settings.replication}}}"
    for keyspace in (public, secret):
        session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}")
    present = {
        (row[0], row[1])
        for row in session.execute("SELECT keyspace_name, table_name FROM system_schema.tables")
        if row[0] in (public, secret)
    }
    columns_present = {
        tuple(row)
        for row in session.execute("SELECT keyspace_name, table_name, column_name FROM system_schema.columns")
        if row[0] == public
    }
    for table in tables:
        physical = f"{table.name}_{GENERATION}"
        if (public, physical) not in present:
            session.execute(table.ddl(f"{public}.{physical}"))
        elif added := [column for column in table.columns if (public, physical, column) not in columns_present]:
            definitions = ", ".join(f"{column} {CQL_TYPES[table.types[column]]}" for column in added)
            session.execute(f"ALTER TABLE {public}.{physical} ADD ({definitions})")
    for keyspace, definitions in ((secret, UNREBUILDABLE), (public, WORKING)):
        for name, columns in definitions.items():
            if (keyspace, name) not in present:
                session.execute(f"CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns})")
    rights = {
        API: [f"SELECT ON KEYSPACE {public}"],
        GATEWAY: [f"{right} ON KEYSPACE {secret}" for right in ("SELECT", "MODIFY")] + [f"SELECT ON KEYSPACE {public}"],
        WORKER: [f"{right} ON KEYSPACE {public}" for right in ("SELECT", "MODIFY")]
        + [f"SELECT ON TABLE {secret}.keys", "SELECT ON TABLE system_views.gossip_info"],
    }
    for role, password in passwords(settings).items():
        session.execute(f"CREATE ROLE IF NOT EXISTS {role} WITH PASSWORD = '{quoted(password)}' AND LOGIN = true")
        for right in rights[role]:
            session.execute(f"GRANT {right} TO {role}")


def quoted(text: str) -> str:
    """A text within CQL's single quotes."""
    return text.replace("'", "''")
