"""The log's topics as they must be: made so, and checked at each start of what appends to them or reads them.

A log whose topics expire, compact or forget is no log any more, and says nothing while it happens.
"""

from collections.abc import Sequence
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from events.reachability import of_kafka
from events.settings import Settings
from events.topics import TOPICS, Partitioning, Topic
from producers.kafka_features import ELIGIBLE_LEADER_REPLICAS, Features, features
from projections.store.connecting import in_daemon_thread

ANSWER_SECONDS = 5.0
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """A setting of a topic that isn't what it must be, and the command that mends it."""

    topic: str
    setting: str
    found: str
    required: str
    mend: str

    def __str__(self) -> str:
        what = f"{self.topic}: {self.setting} is {self.found} and must be {self.required}"
        return f"{what}\n    {self.mend}"


class KafkaAway(Exception):
    """Kafka doesn't answer."""


class TopicsMissing(Exception):
    """Kafka answers, and lacks topics: they are created by `darkroom up`."""


class WrongTopics(Exception):
    """Topics are there, but the log is not safe in them. The text names each setting and the command that mends it."""

    def __init__(self, wrong: Sequence[WrongSetting]):
        self.wrong = wrong
        super().__init__("\n".join(["The log isn't safe in Kafka's topics as they are:", *map(str, wrong)]))


def required_configs(topic: Topic, settings: Settings) -> dict[str, str]:
    """A topic's settings, as Kafka names them."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(topic.max_record_bytes),
        "min.insync.replicas": str(settings.min_insync),
        "unclean.leader.election.enable": "false",
    }


def new_topics(settings: Settings) -> list[NewTopic]:
    """All topics, as they are made: in as many partitions as the settings say."""
    return [
        NewTopic(
            topic.name,
            num_partitions=settings.partitions,
            replication_factor=settings.replication,
            config=required_configs(topic, settings),
        )
        for topic in TOPICS.values()
    ]


async def wait_for_topics(settings: Settings, partitioning: Partitioning | None = None) -> None:
    """Returns when Kafka has answered, has all topics, and they are as they must be; waited for as long as it takes.

    `partitioning`: as the tables say it; without it, how many partitions there are isn't looked at. Can be cancelled at
    any moment. Raises WrongTopics."""
    kafka = of_kafka(settings)
    await kafka.until(
        lambda: in_daemon_thread(lambda: require_topics(settings, partitioning)), KafkaAway, TopicsMissing
    )


def require_topics(settings: Settings, partitioning: Partitioning | None = None) -> None:
    """Returns if all topics are there, as they must be. Raises KafkaAway, TopicsMissing or WrongTopics."""
    try:
        wrong = wrong_settings(settings, partitioning)
    except KafkaException as error:
        raise KafkaAway(error.args[0].str()) from error
    except (NoAnswer, OSError) as error:
        raise KafkaAway(f"{type(error).__name__}: {error}") from error
    absent = [each.topic for each in wrong if each.found == ABSENT]
    if len(absent) < len(wrong):
        raise WrongTopics(wrong)
    if absent:
        raise TopicsMissing(f"it has no topic {', '.join(absent)} yet")


def partitions_there(settings: Settings) -> dict[str, int]:
    """How many partitions the broker says that each of our topics has; only those that are there.

    Raises KafkaException if it doesn't answer."""
    metadata = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0}).list_topics(
        timeout=ANSWER_SECONDS
    )
    return {name: len(of.partitions) for name, of in metadata.topics.items() if name in TOPICS and of.error is None}


def wrong_settings(settings: Settings, partitioning: Partitioning | None = None) -> list[WrongSetting]:
    """Compares all topics with what they must be, by what the broker reports, its defaults included.

    Raises KafkaException, OSError or TimeoutError if it doesn't answer."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    metadata = admin.list_topics(timeout=ANSWER_SECONDS)
    # A name may be in the metadata with an error, as one that is just being made or deleted.
    present = {name: found for name, found in metadata.topics.items() if name in TOPICS and found.error is None}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in present]
    answers = admin.describe_configs(resources, request_timeout=ANSWER_SECONDS) if resources else {}
    configs = {resource.name: answer.result(2 * ANSWER_SECONDS) for resource, answer in answers.items()}
    wrong: list[WrongSetting] = []
    for topic in TOPICS.values():
        if topic.name not in present:
            wrong.append(WrongSetting(topic.name, "it", ABSENT, "there", "darkroom up   (makes it)"))
            continue
        partitions = present[topic.name].partitions.values()
        found = {name: str(entry.value) for name, entry in configs[topic.name].items()}
        if partitioning is not None:
            wrong += wrong_number(topic.name, settings, found=len(partitions), written=partitioning[topic.name])
        wrong += wrong_replication(topic.name, settings, min(len(each.replicas) for each in partitions))
        wrong += wrong_configs(topic, settings, found)
    return wrong + wrong_features(settings, features(settings.bootstrap) if settings.replication > 1 else None)


def wrong_number(topic: str, settings: Settings, *, found: int, written: int) -> list[WrongSetting]:
    """What is wrong with a topic's number of partitions: another one than the tables were made for."""
    if found == written:
        return []
    tool = f"kafka-topics --bootstrap-server {settings.bootstrap}"
    mend = (
        f"{tool} --delete --topic {topic}, and DARKROOM_PARTITIONS={written} darkroom up   (while the topic is empty)\n"
        f"    or cqlsh -e 'DROP KEYSPACE {settings.keyspace}', and darkroom up   (where it holds another log's tables: "
        "they are made again from this one)"
    )
    required = f"{written}, as {settings.keyspace}.topic_partitions says: its shards follow from it"
    return [WrongSetting(topic, "its number of partitions", f"{found}", required, mend)]


def wrong_replication(topic: str, settings: Settings, replicas: int) -> list[WrongSetting]:
    """What is wrong with the least number of replicas that one of a topic's partitions has."""
    if replicas >= settings.replication:
        return []
    tool = f"kafka-reassign-partitions --bootstrap-server {settings.bootstrap}"
    mend = f"{tool} --execute --reassignment-json-file FILE   (with more replicas)"
    return [WrongSetting(topic, "its replication", f"{replicas}", f"{settings.replication}", mend)]


def wrong_configs(topic: Topic, settings: Settings, found: dict[str, str]) -> list[WrongSetting]:
    """Which settings of a topic aren't as they must be."""
    tool = f"kafka-configs --bootstrap-server {settings.bootstrap} --alter --entity-type topics"
    return [
        WrongSetting(
            topic.name,
            name,
            found.get(name, "unknown"),
            value,
            f"{tool} --entity-name {topic.name} --add-config {name}={value}",
        )
        for name, value in required_configs(topic, settings).items()
        if meaning(found.get(name, "")) != meaning(value)
    ]


def meaning(value: str) -> frozenset[str]:
    """What a setting's value means: a list in any order, in any case."""
    return frozenset(part.strip().lower() for part in value.split(","))


def wrong_features(settings: Settings, known: Features | None) -> list[WrongSetting]:
    """Whether the brokers could keep eligible leader replicas (KIP-966) and don't; `known` is None where it is moot.

    Without them, a power cut of all in-sync replicas may end in a leader that lacks what was acknowledged."""
    name = ELIGIBLE_LEADER_REPLICAS
    if known is None or not known.supported.get(name) or known.finalized.get(name):
        return []
    mend = f"kafka-features --bootstrap-server {settings.bootstrap} upgrade --feature {name}=1"
    return [WrongSetting("all topics", name, "0", "1", mend)]
