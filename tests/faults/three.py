"""A system on three nodes of Cassandra: replication 3, LOCAL_QUORUM."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from events.confluent_registry import register_all
from events.settings import Settings
from ops.local_servers import local_cluster
from ops.provision import create_topics, write_down_partitions
from ops.secrets import with_values
from ops.servers import kafka, registry
from ops.supervisor.children import Children, running
from processors.catalog import every_table
from projections.keyspace import create_all
from projections.store.cassandra import connect, disconnect
from tests.faults.system import System, populated


@contextmanager
def three_nodes(replication: int = 3) -> Generator[tuple[System, Children]]:
    """Three nodes, with a Kafka and a registry beside them: the system, and the nodes' processes."""
    with TemporaryDirectory(prefix="darkroom-nodes-") as home:
        wanted = Settings.model_validate({"home": Path(home), "cassandra_memory": "384m"})
        with local_cluster(wanted) as cluster:
            settings = with_values(cluster.settings, replication=replication)
            programs = [kafka.server(settings), registry.server(settings)]
            with running(programs, settings.home / "logs", grace=0) as children:
                one_broker = with_values(settings, replication=1)
                create_topics(one_broker)
                register_all(settings)
                session = connect(settings, "cassandra", settings.cassandra_password)
                create_all(session, settings, every_table())
                disconnect(session)
                write_down_partitions(one_broker)
                with populated(one_broker, children, seed=3, people=50) as made:
                    yield made, cluster.children
