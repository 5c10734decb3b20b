"""Topics that are there already are used only if the log is safe in them; a refusal names all that is wrong at once."""

import asyncio
import struct
import subprocess
import sys
from collections.abc import Generator
from io import BytesIO
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from events.settings import Settings
from events.topics import RECORD_BYTES, TOPICS, Partitioning, Topic
from ops.provision import create_topics, prepare, write_down_partitions
from ops.secrets import environment, with_values
from producers import topics
from producers.kafka_features import ELIGIBLE_LEADER_REPLICAS, Features, features, parsed
from producers.topics import WrongTopics, partitions_there, wait_for_topics, wrong_features, wrong_settings
from projections.store.cassandra import connect, disconnect
from tests.partitions import PARTITIONING

ROOT = Path(__file__).parents[2]
WRONG = {
    "retention.ms": ("604800000", "-1"),
    "retention.bytes": ("1000000", "-1"),
    "cleanup.policy": ("compact", "delete"),
    "message.timestamp.type": ("CreateTime", "LogAppendTime"),
    "min.insync.replicas": ("2", "1"),
    "max.message.bytes": ("4096", str(RECORD_BYTES)),
    "unclean.leader.election.enable": ("true", "false"),
}


def alter(settings: Settings, topic: str, values: dict[str, str], how: AlterConfigOpType) -> None:
    """Sets a topic's settings, or gives them back."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    entries = [ConfigEntry(name, value, incremental_operation=how) for name, value in values.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(30)


@pytest.fixture
def changed(darkroom: Settings) -> Generator[Settings]:
    """The servers, with each setting of `graph` wrong; they are as before afterwards."""
    alter(darkroom, "graph", {name: found for name, (found, _) in WRONG.items()}, AlterConfigOpType.SET)
    yield darkroom
    alter(darkroom, "graph", {name: must for name, (_, must) in WRONG.items()}, AlterConfigOpType.SET)


def test_topics_that_were_made_by_us_are_taken(darkroom: Settings) -> None:
    assert wrong_settings(darkroom, PARTITIONING) == []
    create_topics(darkroom)
    asyncio.run(wait_for_topics(darkroom, PARTITIONING))


def written(settings: Settings, topic: str, number: int) -> None:
    """Says in the tables that a topic has this many partitions."""
    session = connect(settings, "cassandra", settings.cassandra_password)
    table = f"{settings.keyspace}.topic_partitions_1"
    session.execute(f"INSERT INTO {table} (topic, partitions) VALUES (%s, %s)", (topic, number))
    disconnect(session)


@pytest.fixture
def otherwise_divided(darkroom: Settings) -> Generator[Settings]:
    """The servers, where the tables were made for 16 partitions of `graph`; they are as before afterwards."""
    written(darkroom, "graph", 16)
    yield darkroom
    written(darkroom, "graph", 8)


REFUSED = "graph: its number of partitions is 8 and must be 16, as darkroom.topic_partitions says"


def test_a_setting_of_partitions_is_for_new_topics_only(darkroom: Settings) -> None:
    prepare(with_values(darkroom, partitions=3))
    assert partitions_there(darkroom) == dict.fromkeys(TOPICS, 8)


def test_provisioning_refuses_topics_that_are_divided_otherwise_than_their_tables(otherwise_divided: Settings) -> None:
    with pytest.raises(WrongTopics, match=REFUSED):
        write_down_partitions(otherwise_divided)


@pytest.mark.parametrize("arguments", [("worker", "graph"), ("gateway",)])
def test_a_process_refuses_topics_that_are_divided_otherwise_than_their_tables(
    otherwise_divided: Settings, arguments: tuple[str, ...]
) -> None:
    ran = call(otherwise_divided, *arguments)
    assert ran.returncode == 1
    assert REFUSED in ran.stderr
    assert "--delete --topic graph, and DARKROOM_PARTITIONS=16 darkroom up" in ran.stderr
    assert "Traceback" not in ran.stderr


def call(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    command = [sys.executable, "-m", "ops.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False, timeout=170
    )


def test_every_wrong_setting_is_named_with_what_it_is_and_must_be_and_the_command(changed: Settings) -> None:
    with pytest.raises(WrongTopics) as refused:
        create_topics(changed)
    assert {(each.topic, each.setting, each.found, each.required) for each in refused.value.wrong} == {
        ("graph", name, found, must) for name, (found, must) in WRONG.items()
    }
    text = str(refused.value)
    assert "graph: retention.ms is 604800000 and must be -1\n" in text
    at = f"kafka-configs --bootstrap-server {changed.bootstrap} --alter --entity-type topics --entity-name graph"
    assert all(f"{at} --add-config {name}={must}" in text for name, (_, must) in WRONG.items())


def test_what_the_broker_reports_of_an_unset_value_counts_and_not_who_set_it(darkroom: Settings) -> None:
    """A topic that says nothing of its retention has this broker's, which is -1; of its times, the default."""
    unset = {"retention.ms": "-1", "cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
    alter(darkroom, "graph", unset, AlterConfigOpType.DELETE)
    try:
        assert [(each.setting, each.found) for each in wrong_settings(darkroom)] == [
            ("message.timestamp.type", "CreateTime")
        ]
    finally:
        alter(darkroom, "graph", unset, AlterConfigOpType.SET)


@pytest.mark.parametrize("arguments", [("worker", "graph"), ("gateway",)])
def test_a_process_refuses_to_start_and_says_why_without_a_traceback(
    changed: Settings, arguments: tuple[str, ...]
) -> None:
    ran = call(changed, *arguments)
    assert ran.returncode == 1
    assert "graph: cleanup.policy is compact and must be delete" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_partitions_and_replicas_are_counted(darkroom: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = AdminClient({"bootstrap.servers": darkroom.bootstrap})
    for answer in admin.create_topics([NewTopic("narrow", 3, 1)], operation_timeout=30).values():
        answer.result(30)
    monkeypatch.setattr(topics, "TOPICS", {"narrow": Topic("narrow"), "none": Topic("none")})
    wanted = with_values(darkroom, replication=2)
    wrong = wrong_settings(wanted, Partitioning({"narrow": 8, "none": 8}))
    found = {each.setting: (each.topic, each.found, each.required.partition(",")[0]) for each in wrong}
    assert found["its number of partitions"] == ("narrow", "3", "8")
    assert found["its replication"] == ("narrow", "1", "2")
    assert found["it"] == ("none", "absent", "there")


def test_kafka_is_waited_for(darkroom: Settings, caplog: pytest.LogCaptureFixture) -> None:
    away = with_values(darkroom, kafka="127.0.0.1:1")
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(wait_for_topics(away), 8.0))
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["Kafka at 127.0.0.1"]


def test_a_broker_says_which_features_it_has(darkroom: Settings) -> None:
    known = features(f"127.0.0.1:1,{darkroom.bootstrap}")
    assert known.supported["metadata.version"] >= known.finalized["metadata.version"] > 1
    assert known.supported[ELIGIBLE_LEADER_REPLICAS] == 1
    with pytest.raises(OSError, match="refused"):
        features("127.0.0.1:1")


@pytest.mark.parametrize(
    ("known", "wrong"),
    [
        (None, []),
        (Features({}, {}), []),
        (Features({ELIGIBLE_LEADER_REPLICAS: 1}, {}), ["0"]),
        (Features({ELIGIBLE_LEADER_REPLICAS: 1}, {ELIGIBLE_LEADER_REPLICAS: 0}), ["0"]),
        (Features({ELIGIBLE_LEADER_REPLICAS: 1}, {ELIGIBLE_LEADER_REPLICAS: 1}), []),
    ],
)
def test_eligible_leader_replicas_are_demanded_where_the_broker_has_them(
    known: Features | None, wrong: list[str]
) -> None:
    assert [each.found for each in wrong_features(Settings(), known)] == wrong


@pytest.mark.parametrize("answer", [b"", struct.pack(">ih", 1, 35), struct.pack(">ih", 1, 0)])
def test_an_answer_that_is_none_is_an_error_to_wait_for(answer: bytes) -> None:
    with pytest.raises(ConnectionError):
        parsed(BytesIO(answer))


def test_all_topics_are_looked_at(changed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "TOPICS", {name: topic for name, topic in TOPICS.items() if name != "graph"})
    assert wrong_settings(changed) == []
