"""The servers of one run, and keyspaces on them."""

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cassandra.cluster import Session
from rich.console import Console

from bench.stream import Ids
from events.registry import register_all
from events.settings import Settings
from ops.local import free_block, local_servers
from ops.secrets import changed
from ops.setup import prepare
from projections.cassandra import connect
from projections.keyspace import create_all
from projections.listed import all_tables


@dataclass
class World:
    """What every figure is measured in. `large` asks for more data and more rounds."""

    settings: Settings
    ids: Ids
    admin: Session
    console: Console
    large: bool

    def say(self, text: str) -> None:
        """Progress."""
        self.console.print(f"  [dim]{text}[/]")

    def keyspace(self, name: str) -> Settings:
        """A keyspace of its own with every table, empty; the settings of a process that works in it."""
        settings = changed(self.settings, keyspace=name, worker_metrics_port=free_block(self.settings.host))
        create_all(self.admin, settings)
        return settings

    def empty(self, settings: Settings, but: Sequence[str] = ("progress",)) -> None:
        """Empties a keyspace's tables, but for some."""
        for table in all_tables():
            if table.name not in but:
                self.admin.execute(f"TRUNCATE {settings.keyspace}.{table.name}_1", timeout=60)


@contextmanager
def world(console: Console, large: bool) -> Generator[World]:
    """Servers on free ports with Darkroom's topics, schemas, tables and roles; all gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as home,
        local_servers(Settings.model_validate({"home": Path(home)}), grace=0) as settings,
    ):
        prepare(settings)
        ids = register_all(settings)
        admin = connect(settings, "cassandra", settings.cassandra_password)
        try:
            yield World(settings, ids, admin, console, large)
        finally:
            admin.cluster.shutdown()
