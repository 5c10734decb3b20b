"""Describes Kafka 4.1, one node that is its own controller (KRaft)."""

import base64
import socket
import subprocess
import uuid
from pathlib import Path

from events.settings import Settings
from ops.errors import OperatorError
from ops.secrets import server_environment
from ops.servers import java
from ops.servers.archives import archive
from ops.servers.jars import jars
from ops.supervisor.program import Program

# A dead letter carries a whole record and the reason it failed, so the broker takes more than any topic of ours.
MAX_MESSAGE_BYTES = 10 * 1024 * 1024

LOGGING = """\
status = error
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
"""


def server(settings: Settings) -> Program:
    """Describes Kafka as these settings want it. Data in `<home>/kafka`."""
    folder = settings.home / "kafka"
    config, logging = folder / "server.properties", folder / "log4j2.properties"
    data = folder / "data"
    java_command = java.command(
        settings,
        settings.kafka_memory,
        f"-Dlog4j2.configurationFile={logging.as_uri()}",
        "-cp",
        f"{jars('kafka')}/*",
    )
    classes = archive("kafka")

    def format_once() -> None:
        if not (data / "meta.properties").exists():
            _format(java_command, config)

    return Program(
        name="kafka",
        command=(*java_command, *classes.options(), "kafka.Kafka", str(config)),
        environment=server_environment(),
        folder=folder,
        data=folder,
        host=settings.host,
        ports={
            "kafka_port": settings.kafka_port,
            "kafka_controller_port": settings.kafka_controller_port,
        },
        files={config: properties(settings, data), logging: LOGGING},
        before=format_once,
        after=classes.after,
        ready=lambda: answers(settings.host, settings.kafka_port),
    )


def properties(settings: Settings, data: Path) -> str:
    """Makes server.properties."""
    broker = f"BROKER://{settings.host}:{settings.kafka_port}"
    controller = f"{settings.host}:{settings.kafka_controller_port}"
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listeners": f"{broker},CONTROLLER://{controller}",
        "advertised.listeners": broker,
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # Topics are made by code with a partition count that is fixed for life, never by a typing error.
        "auto.create.topics.enable": "false",
        "log.retention.ms": -1,  # the log is the truth: nothing expires
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "replica.fetch.max.bytes": MAX_MESSAGE_BYTES,
        "group.initial.rebalance.delay.ms": 0,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def answers(host: str, port: int) -> bool:
    """Returns whether a broker names itself when asked for the cluster's metadata."""
    # Imported when it is asked, so that `make servers` and `darkroom --help` don't wait for it.
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    socket.create_connection((host, port), timeout=1).close()  # librdkafka would go on logging refusals
    admin = AdminClient({"bootstrap.servers": f"{host}:{port}", "log_level": 0, "socket.timeout.ms": 2000})
    try:
        return bool(admin.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _format(java_command: tuple[str, ...], config: Path) -> None:
    """Gives the data folder its cluster id, which Kafka needs before the first start."""
    cluster = "D" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]  # "D": never a leading dash
    arguments = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config)]
    ran = subprocess.run(
        [*java_command, *arguments], capture_output=True, text=True, check=False, env=server_environment()
    )
    if ran.returncode:
        raise OperatorError(f"Kafka could not format its data folder: {(ran.stderr or ran.stdout).strip()}")
