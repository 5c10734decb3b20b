"""What can happen to the log behind the workers' backs: it is cut and grows again; a topic keeps its records for a week
only. A worker must refuse to run, and say where."""

import re
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from tests.faults.load import Source
from tests.faults.processes import until
from tests.faults.system import System
from tests.faults.watch import GONE, Place
from tests.faults.workers import WorkerProcess
from tests.faults.world import World

CUT = 1500  # records that the log loses
WEEK = str(7 * 86400 * 1000)
KEPT = "-1"


def cut_and_grown(made: System, without: str = "") -> str:
    """Kafka loses its newest records, which the workers have folded, and as many and more others are appended. A worker
    that starts then must refuse: what it hasn't folded stands below its progress.

    All that the worker said; empty if it went on. The log isn't what it was: the system is of no more use."""
    kafka = made.children["kafka"].program.folder
    backup = kafka.with_name("kafka-backup")
    made.append(CUT)
    made.children.kill("kafka")
    shutil.copytree(kafka, backup)
    made.children.start_again("kafka")
    made.append(CUT)
    made.start(without=without)
    made.catch_up()
    made.stop_workers()
    reached = made.progress().folded()
    made.children.kill("kafka")
    shutil.rmtree(kafka)
    backup.rename(kafka)
    made.children.start_again("kafka")
    others = World(made.world.seed + 1, len(made.world.people))
    with Source(made.settings) as source:  # of its own: a producer remembers what it appended
        source.give_keys([*others.people, *others.bystanders])
        source.append(source.encode(others.begin()))
        until(lambda: grown(made, source, others, reached), "the log is longer than it was")
    return refusal(made, made.start(without=without, ready=False))


def grown(made: System, source: Source, world: World, reached: Mapping[Place, int]) -> bool:
    """Whether every partition's end is past an offset; appends some more of a world's facts if not."""
    with suppress(*GONE):
        if all(end > reached[place] for place, end in made.progress().ends().items()):
            return True
        source.append(source.encode(world.events(CUT)))
    return False


def refusal(made: System, worker: WorkerProcess) -> str:
    """All that a worker said that ended of itself; empty if it went on, and folded all."""
    try:
        until(lambda: not worker.running or caught_up(made), "the worker ended, or caught up")
        return "" if worker.running else worker.log.read_text(errors="replace")
    finally:
        made.stop_workers()


def caught_up(made: System) -> bool:
    """Whether everything is folded, as far as anybody can say."""
    with suppress(*GONE):
        return made.progress().behind() == 0
    return False


def names_a_position(said: str, made: System) -> bool:
    """Whether a message names a partition of the log, and the offset that `progress` has of it."""
    reached = made.progress().folded()
    return any(
        re.search(rf"\b{topic}-{partition}\b", said) and re.search(rf"\b{offset}\b", said)
        for (topic, partition), offset in reached.items()
    )


@contextmanager
def retained(made: System, topic: str, milliseconds: str) -> Generator[None]:
    """Has a topic keep its records for so long, for the block."""
    admin = AdminClient({"bootstrap.servers": made.settings.bootstrap, "log_level": 0})

    def alter(value: str) -> None:
        entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        for answer in admin.incremental_alter_configs([resource], request_timeout=10).values():
            answer.result()

    alter(milliseconds)
    try:
        yield
    finally:
        alter(KEPT)


def wrong_retention(made: System, without: str = "") -> str:
    """The topic `photos` keeps its records for a week. All that a worker said; empty if it went on."""
    made.append(300)
    with retained(made, "photos", WEEK):
        said = refusal(made, made.start(without=without, ready=False))
    made.start(without=without)
    made.catch_up()
    made.stop_workers()
    return said
