"""Lists the four local servers: Kafka, Cassandra, the schema registry and S3Proxy. Each has a file."""

from events.settings import Settings
from ops.servers import cassandra, kafka, registry, s3
from ops.supervisor.program import Program


def servers(settings: Settings) -> list[Program]:
    """Lists the servers to run here: those for which the settings name no other address.

    Raises OperatorError if Java is missing."""
    here = [
        (settings.kafka, kafka.server),
        (settings.cassandra_hosts, cassandra.server),
        (settings.registry, registry.server),
        (settings.s3, s3.server),
    ]
    return [server(settings) for elsewhere, server in here if not elsewhere]
