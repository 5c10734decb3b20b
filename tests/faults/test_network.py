"""The network is cut, slow, or loses packets, under load: nothing is lost, and everything moves soon after it heals.

The seconds after each heal are printed. On a machine with nothing else to do partitions move within 10 s and both
services answer within 5 s; the bound here is for one that is busy with other tests.
"""

from tests.faults.on_network import BOUND, Recovery, cut, slow, store_cut
from tests.faults.on_photos import PHOTOS
from tests.faults.system import System


def check(darkroom: System, recovery: Recovery) -> None:
    darkroom.check({})
    assert recovery.older == []
    assert recovery.longest < BOUND


def test_cassandra_is_cut_off(darkroom: System) -> None:
    check(darkroom, cut(darkroom, "cassandra", lengths=(5, 20, 60)))


def test_cassandras_answers_are_lost(darkroom: System) -> None:
    check(darkroom, cut(darkroom, "cassandra", lengths=(20,), direction="from"))


def test_kafka_is_cut_off(darkroom: System) -> None:
    check(darkroom, cut(darkroom, "kafka", lengths=(5, 20, 60)))


def test_kafkas_answers_are_lost(darkroom: System) -> None:
    check(darkroom, cut(darkroom, "kafka", lengths=(20,), direction="from"))


def test_the_object_store_is_cut_off(darkroom: System) -> None:
    recovery = store_cut(darkroom, 5, 20, 60)
    check(darkroom, recovery)
    assert recovery.became == dict.fromkeys(("PhotoTaken", "PhotoFiltered", "PhotoDeveloped"), 3 * PHOTOS)


def test_one_of_two_workers_is_cut_off_from_cassandra(darkroom: System) -> None:
    check(darkroom, cut(darkroom, "cassandra", lengths=(40,), near=True))


def test_everything_is_slow_and_packets_get_lost(darkroom: System) -> None:
    check(darkroom, slow(darkroom, delay=0.3, jitter=0.1, loss=0.05, seconds=30))


def test_cassandra_is_slow(darkroom: System) -> None:
    check(darkroom, slow(darkroom, "cassandra", delay=1.0, seconds=30))
