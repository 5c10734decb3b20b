"""Creates what the processes need: topics, schemas, tables, roles, the bucket. `darkroom up` does it each time."""

from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from events.confluent_registry import register_all
from events.settings import Settings
from events.topics import TOPICS
from processors.catalog import every_table
from producers.s3 import SENTINEL, s3_client
from projections.keyspace import create_all
from projections.store.cassandra import connect, disconnect


class WrongTopic(Exception):
    """A topic is there with another number of partitions than it must have for life."""


def prepare(settings: Settings) -> None:
    """Creates what isn't there yet.

    Raises WrongTopic or IncompatibleSchema if what is there must not be used, and StoreUnavailable, RegistryUnavailable
    or KafkaException if a server doesn't answer."""
    for step in STEPS.values():
        step(settings)


def create_tables(settings: Settings) -> None:
    """Creates keyspaces, tables and roles. Raises StoreUnavailable."""
    session = connect(settings, "cassandra", settings.cassandra_password)
    try:
        create_all(session, settings, every_table())
    finally:
        disconnect(session)


def create_topics(settings: Settings) -> None:
    """Creates the log's topics that aren't there yet. Raises WrongTopic if one has another number of partitions."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 3})
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=settings.replication,
            config={
                "message.timestamp.type": "LogAppendTime",
                "retention.ms": "-1",
                "retention.bytes": "-1",
                "cleanup.policy": "delete",
                "max.message.bytes": str(topic.max_record_bytes),
                "min.insync.replicas": str(settings.min_insync),
            },
        )
        for topic in TOPICS.values()
    ]
    for created in admin.create_topics(wanted, operation_timeout=30).values():
        try:
            created.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    present = admin.list_topics(timeout=30).topics
    for topic in TOPICS.values():
        count = len(present[topic.name].partitions) if topic.name in present else topic.partitions
        if count != topic.partitions:
            raise WrongTopic(f"{topic.name} has {count} partitions and must have {topic.partitions}")


def create_bucket(settings: Settings) -> None:
    """Creates the bucket, and its sentinel in it. Raises botocore's ClientError or BotoCoreError."""
    client = s3_client(settings, seconds=30, attempts=3, connections=1)
    try:
        try:
            client.head_bucket(Bucket=settings.bucket)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in ("404", "NoSuchBucket"):
                raise
            client.create_bucket(Bucket=settings.bucket)
        client.put_object(Bucket=settings.bucket, Key=SENTINEL, Body=b"This bucket is Darkroom's: keep this object.\n")
    finally:
        client.close()


# What is made in each server, by its name: each step needs that one alone.
STEPS: Mapping[str, Callable[[Settings], object]] = {
    "kafka": create_topics,
    "registry": register_all,
    "cassandra": create_tables,
    "s3": create_bucket,
}
