"""Creates what the processes need: topics, schemas, tables, roles, the bucket. `darkroom up` does it each time."""

import asyncio
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from events.confluent_registry import register_all
from events.settings import Settings
from processors.catalog import every_table
from producers.topics import new_topics, partitions_there, wait_for_topics
from projections.keyspace import create_all
from projections.partitions import write_down
from projections.store.cassandra import connect, disconnect


def prepare(settings: Settings) -> None:
    """Creates what isn't there yet.

    Raises WrongTopics or IncompatibleSchema if what is there must not be used, and StoreUnavailable,
    RegistryUnavailable or KafkaException if a server doesn't answer."""
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
    """Creates the log's topics that aren't there yet. Raises WrongTopics if one isn't as it must be."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 3})
    for created in admin.create_topics(new_topics(settings), operation_timeout=30).values():
        try:
            created.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    asyncio.run(wait_for_topics(settings))


def write_down_partitions(settings: Settings) -> None:
    """Writes down how many partitions each topic has, once: as Kafka says it, when its tables are new.

    Raises WrongTopics if a topic has another number now; StoreUnavailable or KafkaException without an answer."""
    session = connect(settings, "cassandra", settings.cassandra_password)
    try:
        written = write_down(session, settings.keyspace, partitions_there(settings))
    finally:
        disconnect(session)
    asyncio.run(wait_for_topics(settings, written))


def create_bucket(settings: Settings) -> None:
    """Creates the bucket, and its sentinel in it. Raises botocore's ClientError or BotoCoreError."""
    from botocore.exceptions import ClientError  # heavy, and only this needs it

    from producers.s3 import SENTINEL, s3_client

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


# What is made in each server, by its name: each step needs that one alone, but for the last, which needs two.
STEPS: Mapping[str, Callable[[Settings], object]] = {
    "kafka": create_topics,
    "registry": register_all,
    "cassandra": create_tables,
    "s3": create_bucket,
    "partitions": write_down_partitions,
}
