"""Servers are killed and started again, under load; nothing is lost, and the read models stay what the log says.

Each protection was taken out once, to see its test fail; `python -m tests.faults.seen` does that again
(docs/faults.md has what came of it).
"""

from tests.faults.on_gateway import WRITES, killed_before_its_answer
from tests.faults.on_photos import PHOTOS, object_store_gone
from tests.faults.on_servers import killed_and_restarted, registry_gone, restored_from_a_backup
from tests.faults.system import System


def test_cassandra_is_killed_and_comes_back(darkroom: System) -> None:
    darkroom.check({"SIGKILL of Cassandra, and a new start": killed_and_restarted(darkroom, "cassandra")})


def test_cassandra_forgets_what_it_acknowledged(darkroom: System) -> None:
    darkroom.check({"Cassandra restored from a backup while workers live": restored_from_a_backup(darkroom)})


def test_kafka_is_killed_and_comes_back(darkroom: System) -> None:
    darkroom.check({"SIGKILL of Kafka, and a new start": killed_and_restarted(darkroom, "kafka")})


def test_the_registry_is_gone(darkroom: System) -> None:
    cached, uncached = registry_gone(darkroom)
    darkroom.check({"registry gone, schemas known": cached, "registry gone, schemas unknown": uncached})


def test_the_object_store_is_gone(darkroom: System) -> None:
    still, became = object_store_gone(darkroom)
    darkroom.check({"S3 gone while photos are to be filtered": still})
    assert became == {"PhotoTaken": PHOTOS, "PhotoFiltered": PHOTOS, "PhotoDeveloped": PHOTOS}


def test_the_gateway_dies_between_the_acknowledgement_and_its_answer(darkroom: System) -> None:
    unknown, opened = killed_before_its_answer(darkroom)
    darkroom.check({"SIGKILL of the gateway before its answer": 0.0})
    assert unknown == 0
    assert len(opened) == WRITES
    assert set(opened.values()) == {1}
