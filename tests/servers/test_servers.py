"""The four servers as they really run."""

import http.client
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from confluent_kafka.admin import AdminClient, ConfigResource

from events.settings import Settings
from ops.servers import cql, kafka
from ops.servers import servers as programs
from ops.servers.cassandra import SUPERUSER


def s3(settings: Settings, secret: str) -> Any:
    """A client that signs with this secret."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_url,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=secret,
        region_name="us-east-1",
    )


def test_each_answers_its_own_question(servers: Settings) -> None:
    assert {program.name: program.ready() for program in programs(servers)} == {
        "kafka": True,
        "cassandra": True,
        "registry": True,
        "s3": True,
    }


def test_kafka_makes_no_topic_by_itself(servers: Settings) -> None:
    admin = AdminClient({"bootstrap.servers": servers.bootstrap})
    admin.list_topics("a-typing-error", timeout=10)
    assert "a-typing-error" not in admin.list_topics(timeout=10).topics


def test_kafka_takes_records_larger_than_any_topic_allows(servers: Settings) -> None:
    admin = AdminClient({"bootstrap.servers": servers.bootstrap})
    broker = ConfigResource(ConfigResource.Type.BROKER, "1")
    (asked,) = admin.describe_configs([broker]).values()
    assert int(asked.result(10)["message.max.bytes"].value) == kafka.MAX_MESSAGE_BYTES


def test_cassandra_knows_its_superuser_by_our_password_only(servers: Settings) -> None:
    with cql.Connection(
        servers.host, servers.cassandra_port, user=SUPERUSER, password=servers.cassandra_password
    ) as admin:
        assert admin.run("SELECT role FROM system_auth.roles") >= 1
    with pytest.raises(cql.WrongPassword):
        cql.Connection(servers.host, servers.cassandra_port, user=SUPERUSER, password=SUPERUSER)


def test_cassandra_refuses_a_role_what_it_was_not_granted(servers: Settings) -> None:
    with cql.Connection(
        servers.host, servers.cassandra_port, user=SUPERUSER, password=servers.cassandra_password
    ) as admin:
        admin.run("CREATE KEYSPACE grants WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        admin.run("CREATE TABLE grants.t (a int PRIMARY KEY)")
        admin.run("CREATE ROLE reader WITH LOGIN = true AND PASSWORD = 'only-reads'")
        admin.run("GRANT SELECT ON grants.t TO reader")
    with cql.Connection(servers.host, servers.cassandra_port, user="reader", password="only-reads") as reader:
        assert reader.run("SELECT * FROM grants.t") == 0
        with pytest.raises(cql.Refused, match="MODIFY"):
            reader.run("INSERT INTO grants.t (a) VALUES (1)")


def test_the_registry_gives_a_schema_the_same_id_again(servers: Settings) -> None:
    schema = {"schema": json.dumps({"type": "record", "name": "Again", "fields": [{"name": "a", "type": "int"}]})}
    assert register(servers, "again", schema) == register(servers, "again", schema)


def register(settings: Settings, subject: str, schema: dict[str, str]) -> int:
    """Register a schema; its id."""
    connection = http.client.HTTPConnection(settings.host, settings.registry_port, timeout=10)
    path = f"/apis/ccompat/v7/subjects/{subject}/versions"
    connection.request("POST", path, json.dumps(schema), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["id"]


def test_s3_has_the_bucket_and_keeps_an_object(servers: Settings) -> None:
    client = s3(servers, servers.s3_secret_key)
    client.put_object(Bucket=servers.bucket, Key="a/b", Body=b"jpeg", ContentType="image/jpeg")
    found = client.get_object(Bucket=servers.bucket, Key="a/b")
    assert (found["Body"].read(), found["ContentType"]) == (b"jpeg", "image/jpeg")


def test_s3_refuses_another_key(servers: Settings) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3(servers, "another").list_buckets()
