"""Runs the servers of a benchmark, and makes keyspaces on them."""

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cassandra.cluster import Session
from rich.console import Console

from bench.harness.stream import Ids
from events.confluent_registry import register_all
from events.settings import Settings
from events.topics import even
from ops.local_servers import free_block, local_servers
from ops.provision import prepare
from ops.secrets import with_values
from processors.catalog import every_table, reactors
from projections.catalog import of_topic
from projections.keyspace import create_all
from projections.partitions import TOPIC_PARTITIONS, write_down
from projections.private.keyspace import private_keyspace
from projections.progress import PROGRESS
from projections.store.cassandra import connect, disconnect
from projections.store.roles import API, WORKER
from projections.store.table import Table
from projections.tally.counts import COUNTS

MEMORY = "1g"  # of Cassandra's heap: `growth` is to meet its tables, not its garbage collector


@dataclass
class BenchServers:
    """The servers on which every figure is measured. `large` asks for more data and more rounds."""

    settings: Settings
    ids: Ids
    admin: Session
    console: Console
    large: bool
    _made: dict[str, list[Table]] = field(default_factory=dict[str, list[Table]])

    def say(self, text: str) -> None:
        """Prints progress."""
        self.console.print(f"  [dim]{text}[/]", soft_wrap=True)

    def keyspace(self, name: str, *topics: str) -> Settings:
        """Makes an empty keyspace with the tables that some topics feed; returns the settings to work in it."""
        settings = with_values(self.settings, keyspace=name, worker_metrics_port=free_block(self.settings.host))
        replication = "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}"
        self.admin.execute(f"CREATE KEYSPACE {name} WITH replication = {replication}")
        self._made[name] = [table for topic in topics for each in of_topic(topic) for table in each.tables]
        self._made[name] += [
            COUNTS,
            PROGRESS,
            TOPIC_PARTITIONS,
            *(table for reactor in reactors() for table in reactor.tables),
        ]
        for table in self._made[name]:
            self.admin.execute(table.ddl(f"{name}.{table.name}_1"))
        write_down(self.admin, name, even(settings.partitions).numbers)
        for right in (f"SELECT ON KEYSPACE {name} TO {API}", f"ALL ON KEYSPACE {name} TO {WORKER}"):
            self.admin.execute(f"GRANT {right}")
        return settings

    def whole_keyspace(self, name: str) -> Settings:
        """Makes empty keyspaces with everything in them, for the gateway too; returns the settings to work in them."""
        settings = with_values(self.settings, keyspace=name, worker_metrics_port=free_block(self.settings.host))
        create_all(self.admin, settings, every_table())
        write_down(self.admin, name, even(settings.partitions).numbers)
        self._made |= {name: every_table(), private_keyspace(settings): []}
        return settings

    def drop(self) -> None:
        """Drops all keyspaces that were made: many tables fill Cassandra's memory."""
        for name in self._made:
            self.admin.execute(f"DROP KEYSPACE {name}", timeout=60)
        self._made.clear()

    def empty(self, settings: Settings, but: Sequence[str] = ("progress", "topic_partitions")) -> None:
        """Empties a keyspace's tables, but for some."""
        for table in self._made[settings.keyspace]:
            if table.name not in but:
                self.admin.execute(f"TRUNCATE {settings.keyspace}.{table.name}_1", timeout=60)


@contextmanager
def bench_servers(console: Console, large: bool) -> Generator[BenchServers]:
    """Runs servers on free ports with Darkroom's topics, schemas, tables and roles; all are gone after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as home,
        local_servers(Settings.model_validate({"home": Path(home), "cassandra_memory": MEMORY}), grace=0) as settings,
    ):
        prepare(settings)
        ids = register_all(settings)
        admin = connect(settings, "cassandra", settings.cassandra_password)
        try:
            yield BenchServers(settings, ids, admin, console, large)
        finally:
            disconnect(admin)
