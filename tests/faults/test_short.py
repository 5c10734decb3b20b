"""Faults that cost little, in `make test`; the others of their kinds are in `make faults`."""

from tests.faults.on_letters import redriven, undecided
from tests.faults.on_network import BOUND, far
from tests.faults.on_photos import SLOW, film_workers_killed
from tests.faults.on_power import all_killed
from tests.faults.system import System


def test_cassandra_and_the_workers_are_killed_at_once(darkroom: System) -> None:
    still, _ = all_killed(darkroom, darkroom.children, ("cassandra",))
    darkroom.check({"SIGKILL of Cassandra and the workers": still})


def test_kafka_and_then_cassandra_are_cut_off_for_five_seconds(darkroom: System) -> None:
    with far(darkroom) as stage:
        for server in ("kafka", "cassandra"):
            stage.cut(server, seconds=5)
    darkroom.check({})
    assert stage.recovery.older == []
    assert stage.recovery.longest < BOUND


def test_film_workers_are_killed_by_the_kernel_and_no_photo_is_rejected(darkroom: System) -> None:
    """Seen to fail when two lost film workers made a rejection."""
    took, became = film_workers_killed(darkroom)
    darkroom.check({"SIGKILL of film workers": took})
    assert became == {"PhotoTaken": SLOW, "PhotoFiltered": SLOW, "PhotoDeveloped": SLOW}


def test_somebody_cant_decide_and_letters_are_redriven(darkroom: System) -> None:
    _, last = undecided(darkroom, 500)
    applied, _, longest = redriven(darkroom, 2_000)
    darkroom.check({})
    assert applied == 2_000
    assert max(last, longest) < BOUND
